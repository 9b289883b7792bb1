import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '../errors/index.js';
import type { Principal } from './principal.js';
import { continueTrace, traceparent, type Trace } from './trace.js';

export type Protocol = 'http' | 'grpc' | 'job' | 'link' | 'system';

export interface RequestContextInit {
  requestId: string;
  protocol: Protocol;
  /** The caller's W3C header; absent or invalid: a new trace is begun. */
  traceparent?: string;
  /** Epoch milliseconds after which nobody waits for the answer any more. */
  deadline?: number;
  /** Aborted when the caller leaves or the deadline passes. */
  signal?: AbortSignal;
  /** Address of the caller as far as the trusted proxies allow to tell. */
  ip?: string;
  userAgent?: string;
  /** Route template or rpc path, never the raw URL. */
  route?: string;
  principal?: Principal;
  /** Id of the event or job that the work is done for; absent when it is a request. */
  causationId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** What is known about the work in hand, wherever in the call stack it is asked for. */
export class RequestContext {
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  readonly causationId: string | undefined;
  route: string | undefined;
  /** Set once by the authentication guard. */
  principal: Principal | undefined;
  #deadline: number | undefined;
  readonly #traceparent: string | undefined;
  // Made when somebody asks: a probe that is not logged needs none.
  #trace: Trace | undefined;
  readonly #outerSignal: AbortSignal | undefined;
  // Made when somebody asks for the signal: most requests end without.
  #controller: AbortController | undefined;
  #abortReason: AppError | undefined;

  constructor(init: RequestContextInit) {
    this.requestId = init.requestId;
    this.protocol = init.protocol;
    this.#traceparent = init.traceparent;
    this.#deadline = init.deadline;
    this.#outerSignal = init.signal;
    this.ip = init.ip;
    this.userAgent = init.userAgent;
    this.route = init.route;
    this.principal = init.principal;
    this.causationId = init.causationId;
  }

  /** Runs `fn`, and all it awaits, inside this context. */
  static run<T>(context: RequestContext, fn: () => T): T {
    return storage.run(context, fn);
  }

  /** The context of the work in hand; undefined at start-up and in timers that belong to no request. */
  static current(): RequestContext | undefined {
    return storage.getStore();
  }

  /** Epoch milliseconds after which nobody waits for the answer any more. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** The caller's trace, continued, or one of our own. */
  get trace(): Trace {
    return (this.#trace ??= continueTrace(this.#traceparent));
  }

  /** Aborted when the caller leaves or the deadline passes. */
  get signal(): AbortSignal {
    if (this.#outerSignal) return this.#outerSignal;
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Ends the work: nobody waits for it any more. Only whoever opened the context calls this. */
  abort(reason: AppError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Work whose caller sees it go on may take longer than was said. Only whoever opened the context calls this. */
  prolong(deadline: number): void {
    this.#deadline = deadline;
  }

  /**
   * The same work with other terms: what is still to be done after the caller has left, or in the name of somebody else.
   * @param terms what differs; the deadline and the signal are those given here, not those of this context
   */
  continuedAs(terms: Pick<RequestContextInit, 'deadline' | 'signal' | 'principal'>): RequestContext {
    const { requestId, protocol, ip, userAgent, route, principal, causationId } = this;
    return new RequestContext({
      requestId,
      protocol,
      traceparent: traceparent(this.trace),
      ...(ip !== undefined && { ip }),
      ...(userAgent !== undefined && { userAgent }),
      ...(route !== undefined && { route }),
      ...(principal && { principal }),
      ...(causationId !== undefined && { causationId }),
      ...terms,
    });
  }

  /** Milliseconds left, undefined when there is no deadline. @throws TIMEOUT when it has passed, CANCELLED when the caller left. */
  remainingMs(): number | undefined {
    const left = this.#deadline === undefined ? undefined : this.#deadline - Date.now();
    if (left !== undefined && left <= 0) throw new AppError('TIMEOUT');
    if (this.#abortReason) throw this.#abortReason;
    if (this.#outerSignal?.aborted) throw new AppError('CANCELLED');
    return left;
  }
}
