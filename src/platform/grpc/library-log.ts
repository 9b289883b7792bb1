import { setLogger } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';

/** grpc-js says so on its own when a port cannot be opened; the error that `listen` throws says it better. */
const TOLD_BETTER = 'No address added out of total';

let routed = false;

/** Sends what grpc-js has to say into the log instead of straight onto the terminal. It has one logger per process. */
export function routeLibraryLog(): void {
  if (routed) return;
  routed = true;
  const logger = new Logger('grpc-js');
  const tell = (message: unknown): void => {
    if (!String(message).includes(TOLD_BETTER)) logger.warn(String(message));
  };
  setLogger({ error: tell, info: tell, debug: tell });
}
