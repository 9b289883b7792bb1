import type { Socket } from 'node:net';
import { Deadlines, Expiring } from '../time-limit/index.js';

/** A request that is being answered. */
export abstract class OpenRequest extends Expiring {
  /** Monotonic milliseconds. */
  readonly began = performance.now();
  /** The one before it on its connection, which a client that does not wait for answers may still have open. */
  before: OpenRequest | undefined = undefined;

  /** The client has left before it had the whole answer. */
  abstract leave(): void;
}

const OPEN = Symbol('arcana:open');
/** The newest request of a connection; null when it has none, absent when the connection is not watched yet. */
type Carrier = Socket & { [OPEN]?: OpenRequest | null };

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
    this.#deadlines.add(request, request.began);
    const carrier = socket as Carrier;
    const open = carrier[OPEN];
    if (open === undefined) this.#watch(carrier);
    else if (open !== null) request.before = open;
    carrier[OPEN] = request;
  }

  /** Gives a request its whole time anew. */
  renew(request: OpenRequest): void {
    if (!request.isWaiting) return;
    this.#deadlines.delete(request);
    this.#deadlines.add(request);
  }

  /** The request is answered. */
  delete(request: OpenRequest, socket: Socket): void {
    this.#deadlines.delete(request);
    const carrier = socket as Carrier;
    if (carrier[OPEN] === request) {
      carrier[OPEN] = request.before ?? null;
      request.before = undefined;
      return;
    }
    for (let at = carrier[OPEN]; at; at = at.before) {
      if (at.before !== request) continue;
      at.before = request.before;
      request.before = undefined;
      return;
    }
  }

  #watch(carrier: Carrier): void {
    carrier.once('close', () => {
      for (let request = carrier[OPEN]; request; request = request.before) {
        this.#deadlines.delete(request);
        request.leave();
      }
      carrier[OPEN] = null;
    });
  }
}
