import type { Socket } from 'node:net';

/** A request that is being answered. */
export abstract class OpenRequest {
  /** Links of {@link OpenRequests}. */
  older: OpenRequest | undefined = undefined;
  newer: OpenRequest | undefined = undefined;
  deadline = 0;
  isOpen = false;

  /** Nobody waits for the answer any more: the time is up. */
  abstract expire(): void;
  /** The client has left before it had the whole answer. */
  abstract leave(): void;
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
  // A list in the order of the deadlines.
  #oldest: OpenRequest | undefined;
  #newest: OpenRequest | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs: number) {}

  add(request: OpenRequest, socket: Socket): void {
    request.deadline = performance.now() + this.timeoutMs;
    request.isOpen = true;
    request.older = this.#newest;
    if (this.#newest) this.#newest.newer = request;
    else this.#oldest = request;
    this.#newest = request;
    if (this.#timer === undefined) this.#timer = this.#wake(this.timeoutMs);
    const carrier = socket as Carrier;
    const open = carrier[OPEN];
    if (open) open.add(request);
    else this.#watch(carrier, request);
  }

  /** The request is answered. */
  delete(request: OpenRequest, socket: Socket): void {
    this.#unlink(request);
    (socket as Carrier)[OPEN]?.delete(request);
  }

  #unlink(request: OpenRequest): void {
    if (!request.isOpen) return;
    const { older, newer } = request;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    request.isOpen = false;
    request.older = undefined;
    request.newer = undefined;
  }

  #watch(carrier: Carrier, first: OpenRequest): void {
    const open = new Set([first]);
    carrier[OPEN] = open;
    carrier.once('close', () => {
      for (const request of open) {
        this.#unlink(request);
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
    for (let request = this.#oldest; request; request = this.#oldest) {
      if (request.deadline > now) {
        this.#timer = this.#wake(Math.ceil(request.deadline - now));
        return;
      }
      this.#unlink(request);
      request.expire();
    }
  }
}
