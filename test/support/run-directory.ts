import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of this test run, which the global set-up made and the reaper removes with every server under it. */
export function runDirectory(): string {
  const directory = process.env['ARCANA_TEST_RUN_DIRECTORY'];
  if (!directory) {
    throw new Error(
      'No run directory: specs with real servers belong to the Jest project whose globalSetup is test/support/global-setup.mjs',
    );
  }
  return directory;
}

/** A new folder of one's own under it, reachable by every user. */
export async function scratchDirectory(name: string): Promise<string> {
  const directory = await realpath(await mkdtemp(join(runDirectory(), `${name}-`)));
  await chmod(directory, 0o711);
  return directory;
}
