import { RequestContext } from '../platform/context/index.js';
import { AppError } from '../platform/errors/index.js';

/** Whose work it is, which matters only to those who have to wait. */
export interface Place {
  /** Who asks, an address say: all who wait have their turns one after the other, however much each has sent. */
  readonly share?: string;
  /** Waits in a line of its own, which comes first and which the others cannot fill. */
  readonly isPreferred?: boolean;
}

interface Waiting {
  start(): void;
  refuse(error: AppError): void;
}

/** How many of the preferred line come in a row while others wait as well. */
const PREFERRED_IN_A_ROW = 3;

/**
 * Lets a bounded number of pieces of work run at once and a bounded number wait; the rest is refused at once. Who sends
 * much waits for himself: the places of a full line are taken from the share that has most of them.
 */
export class ConcurrencyGate {
  #running = 0;
  #inARow = 0;
  readonly #preferred: WaitingLine;
  readonly #others: WaitingLine;

  /** @param lineLimit how many may wait in each of the two lines */
  constructor(
    private readonly limit: number,
    lineLimit: number,
  ) {
    this.#preferred = new WaitingLine(lineLimit);
    this.#others = new WaitingLine(lineLimit);
  }

  /**
   * Runs `work` when it is its turn.
   * @throws SERVICE_UNAVAILABLE when too many wait; TIMEOUT or CANCELLED when the caller's time was over before its turn
   *   came: nothing is computed for somebody who left
   */
  async run<T>(work: () => Promise<T>, { share = '', isPreferred = false }: Place = {}): Promise<T> {
    if (this.#running < this.limit) this.#running++;
    // Whoever leaves hands its place over: the count stays.
    else await (isPreferred ? this.#preferred : this.#others).wait(share);
    try {
      RequestContext.current()?.remainingMs();
      return await work();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const next = this.#next();
    if (next) next.start();
    else this.#running--;
  }

  #next(): Waiting | undefined {
    if (this.#preferred.size > 0 && (this.#inARow < PREFERRED_IN_A_ROW || this.#others.size === 0)) {
      this.#inARow++;
      return this.#preferred.next();
    }
    this.#inARow = 0;
    return this.#others.next();
  }
}

/** Those who wait, by share; shares take turns. */
class WaitingLine {
  /** In the order of their turns. None is empty. */
  readonly #shares = new Map<string, Waiting[]>();
  size = 0;

  constructor(private readonly limit: number) {}

  /** @throws SERVICE_UNAVAILABLE at once, or later when somebody who has sent less needs the place */
  wait(share: string): Promise<void> {
    const mine = this.#shares.get(share) ?? [];
    if (this.size >= this.limit && !this.#makeRoom(mine.length)) return Promise.reject(tooMany());
    return new Promise((start, refuse) => {
      mine.push({ start, refuse });
      this.#shares.set(share, mine);
      this.size++;
    });
  }

  /** The first of the share whose turn it is. */
  next(): Waiting | undefined {
    for (const [share, waiting] of this.#shares) {
      const first = waiting.shift();
      this.#shares.delete(share);
      if (waiting.length > 0) this.#shares.set(share, waiting);
      this.size--;
      return first;
    }
    return undefined;
  }

  /** Sends away the newest of the largest share, if that still has more than the one who comes will have. */
  #makeRoom(own: number): boolean {
    let largest: Waiting[] = [];
    for (const waiting of this.#shares.values()) if (waiting.length > largest.length) largest = waiting;
    if (largest.length <= own + 1) return false;
    largest.pop()!.refuse(tooMany());
    this.size--;
    return true;
  }
}

const tooMany = (): AppError => new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 });
