import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, errors, request as send } from 'undici';
import { ArcanaConfig, type OutboundSettings } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { CircuitBreakers } from '../resilience/index.js';
import { OutboundError } from './outbound.error.js';
import { TargetRules } from './target-rules.js';

/** Answers are read for their status and a word of explanation. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const CONNECTIONS_PER_ORIGIN = 10;

export interface OutboundRequest {
  /** Who is called, as a name from the code: breaker and metric go by it. */
  readonly dependency: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most 64 KiB. */
  readonly text: string;
}

/** An answer that counts against the dependency, on its way through the breaker. */
class ServerFailure extends Error {
  constructor(readonly answer: OutboundAnswer) {
    super('the service answered with a server error');
  }
}

/** Calls to the outside. See the room's header for what is guarded. */
@Injectable()
export class OutboundClient implements OnApplicationShutdown {
  readonly #settings: OutboundSettings;
  readonly #rules: TargetRules;
  readonly #agent: Agent;

  constructor(
    config: ArcanaConfig,
    private readonly breakers: CircuitBreakers,
  ) {
    this.#settings = config.outbound;
    this.#rules = new TargetRules(this.#settings);
    this.#agent = new Agent({
      connections: CONNECTIONS_PER_ORIGIN,
      maxHeaderSize: MAX_HEADER_BYTES,
      maxResponseSize: MAX_ANSWER_BYTES,
      // Never read from the environment: a proxy would connect on our behalf to what we did not check.
      connect: { timeout: this.#settings.connect_timeout_ms, lookup: this.#rules.lookup },
    });
  }

  /**
   * POSTs JSON. Any status is an answer, a redirect too: it is not followed.
   * @throws OutboundError; SERVICE_UNAVAILABLE while the breaker is open or too many calls run; TIMEOUT or CANCELLED
   *   when the caller's own time is over
   */
  async post(call: OutboundRequest): Promise<OutboundAnswer> {
    const url = this.#rules.check(call.url);
    const left = RequestContext.current()?.remainingMs() ?? Infinity;
    const milliseconds = Math.min(this.#settings.timeout_ms, left);
    const options = { maxConcurrent: this.#settings.max_concurrent, isFailure };
    try {
      return await this.breakers.run(call.dependency, options, () => this.#post(url, call, milliseconds));
    } catch (error) {
      if (error instanceof ServerFailure) return error.answer;
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#agent.destroy();
  }

  async #post(url: URL, call: OutboundRequest, milliseconds: number): Promise<OutboundAnswer> {
    // From the first byte sent to the last one read: time-outs of the library begin anew with every byte.
    const signal = AbortSignal.timeout(milliseconds);
    try {
      const { statusCode, headers, body } = await send(url, {
        method: 'POST',
        dispatcher: this.#agent,
        signal,
        headers: { 'content-type': 'application/json', accept: 'application/json', ...call.headers },
        body: call.body,
      });
      const answer = { status: statusCode, headers, text: await body.text() };
      if (statusCode >= 500) throw new ServerFailure(answer);
      return answer;
    } catch (error) {
      throw error instanceof ServerFailure ? error : problemOf(error, url, signal.aborted);
    }
  }
}

/** What says that the service is broken; our own rules, and an answer that is too long, do not. */
const isFailure = (error: unknown): boolean =>
  error instanceof ServerFailure ||
  (error instanceof OutboundError && (error.problem === 'unreachable' || error.problem === 'timeout'));

function problemOf(cause: unknown, { host }: URL, isLate: boolean): OutboundError {
  if (cause instanceof OutboundError) return cause;
  if (isLate || cause instanceof errors.ConnectTimeoutError)
    return new OutboundError('timeout', `${host} did not answer in time.`, { cause });
  if (cause instanceof errors.ResponseExceededMaxSizeError)
    return new OutboundError('too_large', `The answer of ${host} is longer than ${MAX_ANSWER_BYTES} bytes.`, {
      cause,
    });
  return new OutboundError('unreachable', `${host} cannot be reached.`, { cause });
}
