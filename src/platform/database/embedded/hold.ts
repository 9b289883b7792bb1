import { takeLease } from './leases.js';
import { stopPostmaster } from './postmaster.js';
import { withStartLock } from './start-lock.js';
import { openStateFolder } from './state-folder.js';

/** A use of the server by one who does not need it: keeps it running while its real users come and go. */
export interface EmbeddedServerHold {
  /** Ends the use, and the server when nobody else uses it. */
  release(): Promise<void>;
}

/**
 * Keeps the server of a folder from being stopped with its last user (a watcher that restarts the application). Starts
 * nothing.
 *
 * @throws EmbeddedServerError when the folder cannot be used
 */
export async function holdEmbeddedServer(directory: string): Promise<EmbeddedServerHold> {
  const folder = await openStateFolder(directory, () => undefined);
  const lease = await withStartLock(folder.path, 150_000, async () => takeLease(folder.path));
  return {
    release: () =>
      withStartLock(folder.path, 10_000, async () => {
        if (lease.end()) await stopPostmaster(folder, 10_000);
      }),
  };
}
