import { spawnSync } from 'node:child_process';
import { rm, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { type FixtureProject, RunningCommand, fixtureProject } from '../support/fixture-project.js';

jest.setTimeout(60_000);

describe('npm start', () => {
  let project: FixtureProject;

  beforeEach(async () => {
    project = await fixtureProject();
  });

  afterEach(() => project.remove());

  const start = (...words: string[]) =>
    new RunningCommand(project.root, [process.execPath, 'scripts/start.mjs', ...words]);

  async function startAndEnd(): Promise<RunningCommand> {
    const command = start('exit=0');
    await command.end();
    return command;
  }

  describe('building', () => {
    it('builds once and then starts what is built', async () => {
      await startAndEnd();
      await startAndEnd();
      expect(await project.builds()).toBe(1);
    });

    it.each([
      'src/other.js',
      'migrations/1.ts',
      'proto/a.proto',
      'package-lock.json',
      'nest-cli.json',
      'tsconfig.build.json',
    ])('builds again when %s has changed', async (path) => {
      await startAndEnd();
      await project.write(path, '{ "changed": true }');
      await startAndEnd();
      expect(await project.builds()).toBe(2);
    });

    it('does not build again for a unit test, a README or a configuration file', async () => {
      await startAndEnd();
      await project.write('src/main.spec.ts', '');
      await project.write('README.md', '');
      await project.write('config/local.toml', '');
      await startAndEnd();
      expect(await project.builds()).toBe(1);
    });

    it('builds again when what was built is gone', async () => {
      await startAndEnd();
      await rm(join(project.root, 'dist/src/main.js'));
      await startAndEnd();
      expect(await project.builds()).toBe(2);
    });

    it('shows what the compiler says of a mistake, and exits with 1, each time until it is corrected', async () => {
      await project.write('src/main.js', 'syntax error');
      for (let attempt = 0; attempt < 2; attempt++) {
        const command = start();
        expect(await command.end()).toBe(1);
        await command.allEnded();
        expect(command.errors).toContain('src/main.js: error: ; expected');
        expect(command.errors).toContain('The build failed: correct what it names above, then start again.');
      }
      await project.write('src/main.js', '');
      expect(await start().end()).toBe(0);
    });

    it('builds again after a build that was killed', async () => {
      await startAndEnd();
      await project.write('src/hang.js', '');
      const changes = watch(project.root);
      const killed = start();
      for await (const { filename } of changes) if (filename === 'dist') break;
      killed.killGroup('SIGKILL');
      await killed.end();
      await rm(join(project.root, 'src/hang.js'));
      await (await startAndEnd()).line('ready ');
      expect(await project.builds()).toBe(3);
    });

    it('ends the compiler when it is stopped', async () => {
      await project.write('src/hang.js', '');
      const changes = watch(project.root);
      const command = start();
      for await (const { filename } of changes) if (filename === 'builds') break;
      command.kill('SIGINT');
      expect(await command.end()).toBe(130);
      await command.allEnded();
    });

    it('builds once when two start at once', async () => {
      const commands = [start('exit=0'), start('exit=0')];
      expect(await Promise.all(commands.map((command) => command.end()))).toEqual([0, 0]);
      expect(await project.builds()).toBe(1);
    });
  });

  describe('what is missing', () => {
    async function sentenceOf(...words: string[]): Promise<string> {
      const command = new RunningCommand(project.root, [process.execPath, ...words, 'scripts/start.mjs']);
      expect(await command.end()).toBe(1);
      await command.allEnded();
      return command.errors.trim();
    }

    it('packages: says in one sentence to install them', async () => {
      await rm(join(project.root, 'node_modules'), { recursive: true });
      expect(await sentenceOf()).toBe('The packages are not installed: run npm ci, then npm start.');
    });

    it('build tools, when something has to be built: says in one sentence how to have them', async () => {
      await rm(join(project.root, 'node_modules/@nestjs/cli'), { recursive: true });
      expect(await sentenceOf()).toBe(
        'The build tools are not installed: run npm ci without --omit=dev, then npm start.',
      );
    });

    it('a recent Node.js: says in one sentence how to have one', async () => {
      await rm(join(project.root, 'node_modules/.bin/node'));
      const old = 'data:text/javascript,Object.defineProperty(process, "version", { value: "v20.20.2" })';
      expect(await sentenceOf(`--import=${old}`)).toBe(
        'Node.js v20.20.2 is too old and the pinned one is missing, which npm installs by a script: run npm ci without --ignore-scripts, or use Node.js 22.15 or newer.',
      );
    });

    it('the pinned Node.js alone: takes the one that is there', async () => {
      await rm(join(project.root, 'node_modules/.bin/node'));
      await (await startAndEnd()).line('ready ');
    });
  });

  describe('running', () => {
    it('passes the words of the command line on', async () => {
      const command = start('--server.rest.port=0', 'two words', 'exit=0');
      expect(await command.line('ready ')).toContain('"words":["--server.rest.port=0","two words","exit=0"]');
    });

    it('exits as the product does', async () => {
      expect(await start('exit=3').end()).toBe(3);
      const command = start();
      process.kill(await command.productPid(), 'SIGKILL');
      expect(await command.end()).toBe(137);
    });

    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      'tells the product of a %s, and waits for it',
      async (signal) => {
        const command = start();
        await command.productPid();
        command.kill(signal);
        expect(await command.end()).toBe(0);
        await command.allEnded();
        expect(command.output.filter((line) => line.startsWith('got'))).toEqual([`got ${signal}`]);
      },
    );

    it('tells it once of a Ctrl-C, which a terminal sends to the whole group', async () => {
      const command = start();
      await command.productPid();
      command.killGroup('SIGINT');
      expect(await command.end()).toBe(0);
      await command.allEnded();
      expect(command.output.filter((line) => line.startsWith('got'))).toEqual(['got SIGINT']);
    });

    it('ends a product that hangs when it is told again', async () => {
      const command = start('hang');
      await command.productPid();
      const end = command.end();
      let ended = false;
      void end.then(() => (ended = true));
      while (!ended) {
        command.kill('SIGINT');
        await Promise.race([end, sleep(100)]);
      }
      expect(await end).toBe(130);
    });

    it('leaves no product behind when it is killed itself', async () => {
      const command = start();
      await command.productPid();
      command.kill('SIGKILL');
      expect(await command.line('got ')).toBe('SIGTERM');
      await command.allEnded();
    });
  });

  describe('by npm', () => {
    const npm = () => new RunningCommand(project.root, ['npm', 'start']);

    it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('stops the product on a %s to npm', async (signal) => {
      const command = npm();
      await command.productPid();
      command.kill(signal);
      await command.line('got ');
      await command.allEnded();
      expect(command.output.filter((line) => line.startsWith('got'))).toHaveLength(1);
    });

    (hasTerminal() ? it : it.skip)('stops it once on a Ctrl-C at the terminal', async () => {
      const command = new RunningCommand(project.root, ['script', '-qec', 'npm start', '/dev/null']);
      await command.productPid();
      command.type('\x03');
      expect(await command.line('got ')).toBe('SIGINT');
      await command.end();
      expect(command.output.filter((line) => line.startsWith('got'))).toEqual(['got SIGINT']);
    });
  });
});

/** util-linux's `script` gives a command a terminal. */
function hasTerminal(): boolean {
  return spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0;
}
