import { execFile } from 'node:child_process';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { projectRoot } from '../../src/platform/config/index.js';
import { fixtureTree } from './fixture-tree.js';

// ESLint runs as a process of its own and asks the compiler for types.
jest.setTimeout(120_000);

const PROMISE = 'declare function save(): Promise<void>;\n';

/** Rule -> files that must be refused for it: path, text. */
const REFUSED: Readonly<Record<string, readonly [path: string, text: string][]>> = {
  'no-restricted-properties': [
    ['src/users/environment-dot.ts', 'export const port = process.env.PORT;\n'],
    ['src/platform/http/environment-index.ts', "export const port = process['env'].PORT;\n"],
    ['migrations/1-environment.ts', 'export const { env } = process;\n'],
  ],
  'no-restricted-imports': [
    ['src/users/environment-import.ts', "import { env } from 'node:process';\nexport const port = env;\n"],
  ],
  'no-restricted-exports': [
    ['src/users/default-class.ts', 'export default class User {}\n'],
    ['src/users/default-name.ts', 'const user = 1;\nexport { user as default };\n'],
  ],
  'no-console': [
    ['src/users/prints.ts', "console.log('hello');\n"],
    ['src/app/start.ts', "console.error('hello');\n"],
  ],
  'arcana/package-home': [
    ['src/users/users.service.ts', "import { Entity } from 'typeorm';\nexport const entity = Entity;\n"],
    ['src/jobs/dynamic.ts', "export const client = await import('ioredis');\n"],
    ['src/users/again.ts', "export { hash } from 'argon2';\nexport * from '@grpc/grpc-js';\n"],
    ['src/platform/security/deep.ts', "export { SignJWT } from 'jose/jwt/sign';\n"],
  ],
  '@typescript-eslint/no-floating-promises': [['src/users/floating.ts', `${PROMISE}save();\n`]],
  '@typescript-eslint/no-misused-promises': [
    ['src/users/misused.ts', `${PROMISE}if (save()) throw new Error();\n`],
  ],
};

/** What the same rules let pass. */
const ACCEPTED: readonly [path: string, text: string][] = [
  ['src/platform/config/environment.ts', 'export const port = process.env.PORT;\n'],
  ['scripts/start.ts', "export default process.env.PORT;\nconsole.log('hello');\n"],
  ['test/support/environment.ts', 'export const port = process.env.PORT;\n'],
  ['src/app/process.ts', "process.stdout.write('hello');\n"],
  ['src/users/user.entity.ts', "import { Entity } from 'typeorm';\nexport const entity = Entity;\n"],
  ['src/platform/queue/queue.ts', "export { Queue } from 'bullmq';\n"],
  ['src/users/awaited.ts', `${PROMISE}await save();\n`],
];

describe('lint rules', () => {
  const refusals = Object.entries(REFUSED).flatMap(([rule, files]) =>
    files.map(([path]) => ({ rule, path })),
  );
  let found: Map<string, string[]>;

  beforeAll(async () => {
    const files = [...Object.values(REFUSED).flat(), ...ACCEPTED];
    const fixture = await fixtureTree(
      new Map([
        ...files,
        ['package.json', JSON.stringify({ type: 'module' })],
        [
          'tsconfig.json',
          JSON.stringify({
            compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', types: [] },
          }),
        ],
      ]),
    );
    try {
      found = await lint(fixture.root);
    } finally {
      await fixture.remove();
    }
  });

  it.each(refusals)('$rule refuses $path', ({ rule, path }) => {
    expect(found.get(path)).toContain(rule);
  });

  it.each(ACCEPTED.map(([path]) => path))('%s passes', (path) => {
    expect(found.get(path)?.filter((rule) => Object.hasOwn(REFUSED, rule))).toEqual([]);
  });
});

/** Lints the tree in `root` with the product's configuration. @returns path -> rules that complained */
async function lint(root: string): Promise<Map<string, string[]>> {
  const command = join(projectRoot(), 'node_modules/eslint/bin/eslint.js');
  const config = join(projectRoot(), 'eslint.config.js');
  const run = promisify(execFile)(process.execPath, [command, '.', '--config', config, '--format', 'json'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  // ESLint leaves with 1 when it has found something, which here it must.
  const stdout = await run.then(
    (result) => result.stdout,
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      if (code !== 1) throw new Error(stderr, { cause: error });
      return stdout;
    },
  );
  const results = JSON.parse(stdout) as {
    filePath: string;
    messages: { ruleId: string | null; message: string }[];
  }[];
  return new Map(
    results.map(({ filePath, messages }) => [
      relative(root, filePath),
      messages.map(({ ruleId, message }) => ruleId ?? message),
    ]),
  );
}
