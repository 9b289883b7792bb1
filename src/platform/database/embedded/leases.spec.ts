import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countLeases, takeLease } from './leases.js';

describe('a lease', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arcana-lease-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is the last to end when no other is left', () => {
    const [first, second] = [takeLease(folder), takeLease(folder)];
    expect(countLeases(folder)).toBe(2);
    expect(first.end()).toBe(false);
    expect(second.end()).toBe(true);
  });

  it('of a process that died does not count and is removed', async () => {
    const lease = takeLease(folder);
    await writeFile(
      join(folder, 'users', `${process.pid}.abandoned`),
      'the start time of an earlier process',
    );
    expect(countLeases(folder)).toBe(1);
    expect(await readdir(join(folder, 'users'))).toHaveLength(1);
    expect(lease.end()).toBe(true);
  });

  it("that another process is just writing down is not taken for a dead one's", async () => {
    const lease = takeLease(folder);
    const draft = `draft.${process.pid}.half`;
    await writeFile(join(folder, 'users', draft), '');
    expect(countLeases(folder)).toBe(1);
    expect(await readdir(join(folder, 'users'))).toContain(draft);
    expect(lease.end()).toBe(true);
  });
});
