import { cp, mkdir, symlink, watch, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { jest } from '@jest/globals';
import { postmasterPid, serverProcesses } from '../support/embedded-process.js';
import { RunningCommand, fixtureProject } from '../support/fixture-project.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(120_000);

/** What the real scripts, the real compiler and the real embedded server need of the project. */
const PARTS = [
  'scripts',
  'config',
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src/platform/config',
  'src/platform/database/embedded',
];

/** A product that is nothing but its database, and says so. */
const product = (name: string): string => `
  import { loadConfig } from './platform/config/index.js';
  import { startEmbeddedServer } from './platform/database/embedded/index.js';

  const { database } = loadConfig().config;
  const server = await startEmbeddedServer({ directory: database.embedded_directory, durable: false });
  const stop = async (signal: string): Promise<void> => {
    console.log('${name} got', signal);
    await server.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  setInterval(() => undefined, 60_000);
  console.log(
    '${name} ready',
    JSON.stringify({ pid: process.pid, adopted: server.adopted, data: server.dataDirectory }),
  );
`;

interface Ready {
  pid: number;
  adopted: boolean;
  data: string;
}

/** A project whose product a test may change, in the folder of the test run. */
async function projectOf(source: string): Promise<string> {
  const root = await scratchDirectory('start-dev');
  for (const part of PARTS) {
    await mkdir(dirname(join(root, part)), { recursive: true });
    await cp(part, join(root, part), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  await writeFile(join(root, 'src/instrumentation.ts'), 'export {};\n');
  await writeFile(join(root, 'src/main.ts'), source);
  return root;
}

describe('npm run start:dev', () => {
  let command: RunningCommand;
  const startDev = (root: string) => {
    command = new RunningCommand(root, [process.execPath, 'scripts/start-dev.mjs']);
  };
  // All that a failed test left running ends with it.
  afterEach(() => command.kill('SIGKILL'));

  it('runs each version that compiles on one and the same database, and ends all of it on a Ctrl-C', async () => {
    const root = await projectOf(product('one'));
    const change = (source: string) => writeFile(join(root, 'src/main.ts'), source);
    startDev(root);
    const ready = async (name: string) => JSON.parse(await command.line(`${name} ready `)) as Ready;

    const one = await ready('one');
    const server = await postmasterPid(one.data);
    expect(one.adopted).toBe(false);

    await change(product('two'));
    const two = await ready('two');
    expect(command.output).toContain('one got SIGTERM');
    expect([two.adopted, await postmasterPid(two.data)]).toEqual([true, server]);

    await change(`${product('broken')}\nexport const port: number = 'eighty';\n`);
    const complaint = await command.line('src/main.ts');
    expect(complaint).toContain("error TS2322: Type 'string' is not assignable to type 'number'.");
    expect(process.kill(two.pid, 0)).toBe(true);

    await change(product('three'));
    const three = await ready('three');
    expect([three.adopted, await postmasterPid(three.data)]).toEqual([true, server]);
    expect(command.output.filter((line) => /^(broken|two got)/.test(line))).toEqual(['two got SIGTERM']);

    command.killGroup('SIGINT');
    expect(await command.end()).toBe(0);
    await command.allEnded();
    expect(command.output.at(-1)).toBe('three got SIGINT');
    expect(await serverProcesses(root)).toEqual([]);
  });

  it('leaves no compiler behind when it is killed itself', async () => {
    const project = await fixtureProject();
    await project.write('src/hang.js', '');
    const changes = watch(project.root);
    startDev(project.root);
    for await (const { filename } of changes) if (filename === 'builds') break;
    command.kill('SIGKILL');
    expect(await command.end()).toBe('SIGKILL');
    await command.allEnded();
    await project.remove();
  });
});
