import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { withStartLock } from './start-lock.js';

describe('withStartLock', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arcana-lock-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('lets one in at a time, and all in turn', async () => {
    let inside = 0;
    let most = 0;
    const enter = () =>
      withStartLock(folder, 60_000, async () => {
        most = Math.max(most, ++inside);
        for (let turn = 0; turn < 5; turn++) await setImmediate();
        inside--;
      });
    await Promise.all(Array.from({ length: 12 }, enter));
    expect(most).toBe(1);
  });

  it('is free again after work that failed', async () => {
    const failing = withStartLock(folder, 1_000, () => Promise.reject(new Error('work failed')));
    await expect(failing).rejects.toThrow('work failed');
    await expect(withStartLock(folder, 1_000, async () => 'entered')).resolves.toBe('entered');
  });

  it('is free at once when its holder has died', async () => {
    const { pid } = spawnSync('true');
    await mkdir(join(folder, 'lock'));
    await writeFile(join(folder, 'lock', '7'), `${pid} 12345`);
    await expect(withStartLock(folder, 0, async () => 'entered')).resolves.toBe('entered');
  });

  it('is free when the id of its dead holder is another process by now', async () => {
    await mkdir(join(folder, 'lock'));
    await writeFile(join(folder, 'lock', '7'), `${process.pid} a start time that is not ours`);
    await expect(withStartLock(folder, 0, async () => 'entered')).resolves.toBe('entered');
  });

  it('says in one sentence that it was held too long', async () => {
    await withStartLock(folder, 0, async () => {
      await expect(withStartLock(folder, 0, async () => 'entered')).rejects.toThrow(
        'Another process has been starting or stopping the embedded PostgreSQL for 0 seconds',
      );
    });
  });

  it('does not gather files', async () => {
    for (let turn = 0; turn < 5; turn++) await withStartLock(folder, 1_000, async () => undefined);
    expect(await readdir(join(folder, 'lock'))).toHaveLength(1);
  });
});
