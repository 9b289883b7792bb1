import type { Socket } from 'node:net';

/** A request that is being answered. */
export interface OpenRequest {
  /** Nobody waits for the answer any more: the time is up. */
  expire(): void;
  /** The client has left before it had the whole answer. */
  leave(): void;
}

interface Entry {
  readonly request: OpenRequest;
  readonly deadline: number;
}

const OPEN = Symbol('arcana:open');
type Carrier = Socket & { [OPEN]?: Set<OpenRequest> };

/**
 * The requests that are being answered: each is told once when its time is up, or when its client leaves.
 *
 * All have the same time, so the oldest is always the next whose time is up, and one timer serves them all; a client
 * leaves with its connection, so one listener serves all requests of a connection. A timer and a listener for each
 * request cost a small one a twentieth of its time.
 */
export class OpenRequests {
  // In the order of the deadlines.
  readonly #entries = new Map<OpenRequest, Entry>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs: number) {}

  add(request: OpenRequest, socket: Socket): void {
    this.#entries.set(request, { request, deadline: performance.now() + this.timeoutMs });
    if (this.#timer === undefined) this.#timer = this.#wake(this.timeoutMs);
    const carrier = socket as Carrier;
    const open = carrier[OPEN];
    if (open) open.add(request);
    else this.#watch(carrier, request);
  }

  /** The request is answered. */
  delete(request: OpenRequest, socket: Socket): void {
    this.#entries.delete(request);
    (socket as Carrier)[OPEN]?.delete(request);
  }

  #watch(carrier: Carrier, first: OpenRequest): void {
    const open = new Set([first]);
    carrier[OPEN] = open;
    carrier.once('close', () => {
      for (const request of open) {
        this.#entries.delete(request);
        request.leave();
      }
      open.clear();
    });
  }

  #wake(inMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), inMs).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const { request, deadline } of this.#entries.values()) {
      if (deadline > now) {
        this.#timer = this.#wake(Math.ceil(deadline - now));
        return;
      }
      this.#entries.delete(request);
      request.expire();
    }
  }
}
