import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/platform/config/index.js';
import { createTestDatabase } from '../support/embedded-postgres.js';
import { ADMIN } from '../support/application.js';
import {
  childEnvironment,
  ensureBuilt,
  isolatedSettings,
  startBuilt,
  type BuiltProduct,
} from '../support/built-product.js';
import { eventually } from '../support/eventually.js';
import { scratchDirectory } from '../support/run-directory.js';

/** A build and two starts, on a machine that may be busy with other specs. */
jest.setTimeout(240_000);

const run = promisify(execFile);
const root = projectRoot();

/** Tasks that install, test or measure everything: CI runs the first two itself; the others have specs of their own. */
const TASKS_ELSEWHERE =
  /^npm (ci && npm (start|test)|run (demo|build|bench)\b.*)$|^node bench\/enhancers\.ts /;

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));

const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

describe('the README', () => {
  let product: BuiltProduct;

  beforeAll(async () => {
    await ensureBuilt();
    product = await startBuilt(await isolatedSettings());
  });

  afterAll(() => product.stop());

  it('has first requests that work when they are typed in one after the other', async () => {
    const blocks = blocksOf(await read('README.md')).filter(({ language }) => language === 'sh');
    const typed = blocks.filter(({ text }) => !TASKS_ELSEWHERE.test(text.trim())).map(({ text }) => text);
    expect(typed.length).toBeGreaterThanOrEqual(4);
    // A reader types slower than a worker works.
    const waitForTheJob = `until curl -s "localhost:8080/api/jobs/jobs?type=email.welcome" -H "authorization: Bearer $ADMIN_TOKEN" | grep -q COMPLETED; do :; done`;
    const script = [
      'set -euo pipefail',
      'curl() { command curl --fail-with-body "$@"; echo; }',
      ...typed.map((text) => text.replace(/^curl .*jobs\/jobs/m, `${waitForTheJob}\n$&`)),
    ].join('\n');
    const here = script
      .replaceAll('localhost:8080', new URL(product.restUrl).host)
      .replaceAll('localhost:9090', product.grpcTarget);
    const { stdout } = await run('bash', ['-c', here], {
      cwd: root,
      env: childEnvironment({
        PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
        ADMIN_EMAIL: ADMIN.email,
        ADMIN_PASSWORD: ADMIN.password,
      }),
    });
    expect(stdout).toMatch(/"email":"ada@example.com","role":"user"/);
    expect(stdout).toMatch(/"email": "ada@example.com"/);
    expect(stdout).toMatch(/"total":1/);
    expect(stdout).toMatch(/"type":"email.welcome","state":"COMPLETED","priority":"normal"/);
    expect(stdout).toMatch(/"action":"USER_REGISTERED","actor_id":null/);
    await eventually('both mails lie there', async () =>
      (await readdir(join(product.directory, 'mail'))).length === 2 ? true : undefined,
    );
  });

  it('shows the banner that the product prints', async () => {
    const [shown] = blocksOf(await read('README.md')).filter(({ text }) => text.startsWith('Arcana Cloud'));
    const labels = (text: string): string[] =>
      [...text.matchAll(/^ {2}(\S+(?: UI)?) {2,}/gm)].map(([, label]) => label!);
    // The password is only shown when the product made it.
    expect(labels(shown!.text)).toEqual([...labels(product.output()), 'E-mail', 'Password']);
  });

  it('names only tasks and files that exist', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    for (const file of [
      'README.md',
      'CONTRIBUTING.md',
      ...(await readdir(join(root, 'docs'))).map((name) => `docs/${name}`),
    ]) {
      const text = await read(file);
      for (const [, task] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(task);
      for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
        await expect(
          read(join(dirname(file), link!)).catch(() => readdir(join(root, dirname(file), link!))),
        ).resolves.toBeDefined();
    }
  });
});

describe('the module that the README adds', () => {
  it('is built, started and served as the README says', async () => {
    const copy = await scratchDirectory('module');
    for (const part of [
      'src',
      'migrations',
      'proto',
      'config',
      'scripts',
      'package.json',
      'package-lock.json',
      'nest-cli.json',
      'tsconfig.json',
      'tsconfig.build.json',
    ]) {
      await cp(join(root, part), join(copy, part), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    await addModule(copy, blocksOf(await read('README.md')));
    await ensureBuilt(copy);

    const { url } = await createTestDatabase();
    const product = await startBuilt(
      { ...(await isolatedSettings()), ARCANA_DATABASE__URL: url },
      { root: copy },
    );
    try {
      const call = async (path: string, init: RequestInit = {}, token?: string): Promise<Response> =>
        fetch(`${product.restUrl}${path}`, {
          ...init,
          headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        });
      const login = await call('/api/v1/auth/login', { method: 'POST', body: JSON.stringify(ADMIN) });
      const { access_token: token } = (await login.json()) as { access_token: string };
      const written = await call('/api/v1/notes', { method: 'POST', body: '{"text":"Buy oat milk"}' }, token);
      expect(written.status).toBe(201);
      await expect((await call('/api/v1/notes', {}, token)).json()).resolves.toMatchObject([
        { text: 'Buy oat milk' },
      ]);
      expect((await call('/api/v1/notes')).status).toBe(401);
      expect((await call('/api/v1/notes', { method: 'POST', body: '{"text":1}' }, token)).status).toBe(422);
      const { paths } = (await (await call('/openapi.json')).json()) as { paths: object };
      expect(Object.keys(paths)).toContain('/api/v1/notes');
    } finally {
      await product.stop();
    }
  });
});

/** Does what the section says: writes each block to the file it names, and adds the two lines. */
async function addModule(copy: string, blocks: Block[]): Promise<void> {
  const files = blocks
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => ({ path: /^\/\/ (\S+)\n/.exec(text)![1]!, text: text.replace(/^\/\/ \S+\n/, '') }));
  expect(files.map(({ path }) => path)).toContain('src/notes/notes.feature.ts');
  for (const { path, text } of files) {
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await writeFile(join(copy, path), text);
  }
  await edit(
    join(copy, 'migrations/index.ts'),
    (text) =>
      `import { Notes1800000000001 } from './1800000000001-notes.js';\n${text.replace(/,?\s*\];/, ', Notes1800000000001];')}`,
  );
  await edit(
    join(copy, 'src/app/features.ts'),
    (text) =>
      `import { notesFeature } from '../notes/index.js';\n${text.replace(/,?\s*\];/, ', notesFeature];')}`,
  );
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}
