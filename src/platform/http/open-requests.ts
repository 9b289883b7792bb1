import type { Socket } from 'node:net';
import { Deadlines, Expiring } from '../time-limit/index.js';

/** A request that is being answered. */
export abstract class OpenRequest extends Expiring {
  /** The client has left before it had the whole answer. */
  abstract leave(): void;
}

const OPEN = Symbol('arcana:open');
type Carrier = Socket & { [OPEN]?: Set<OpenRequest> };

/**
 * The requests that are being answered: each is told once when its time is up, or when its client leaves. A client leaves
 * with its connection, so one listener serves all requests of a connection.
 */
export class OpenRequests {
  readonly #deadlines: Deadlines;

  constructor(timeoutMs: number) {
    this.#deadlines = new Deadlines(timeoutMs);
  }

  add(request: OpenRequest, socket: Socket): void {
    this.#deadlines.add(request);
    const carrier = socket as Carrier;
    const open = carrier[OPEN];
    if (open) open.add(request);
    else this.#watch(carrier, request);
  }

  /** The request is answered. */
  delete(request: OpenRequest, socket: Socket): void {
    this.#deadlines.delete(request);
    (socket as Carrier)[OPEN]?.delete(request);
  }

  #watch(carrier: Carrier, first: OpenRequest): void {
    const open = new Set([first]);
    carrier[OPEN] = open;
    carrier.once('close', () => {
      for (const request of open) {
        this.#deadlines.delete(request);
        request.leave();
      }
      open.clear();
    });
  }
}
