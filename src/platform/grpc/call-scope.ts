import { status as Code } from '@grpc/grpc-js';
import type {
  Metadata,
  ServerInterceptingCall,
  ServerInterceptor,
  ServerMethodDefinition,
} from '@grpc/grpc-js';
import type { TrustedProxies } from '../client-address/index.js';
import { acceptRequestId, RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { Deadlines, Expiring } from '../time-limit/index.js';
import { DETAILS_TRAILER, REQUEST_ID_KEY, toGrpcStatus } from './grpc-status.js';
import { errorOfBareStatus } from './library-status.js';

/** Told once per finished call, whoever ended it: names are those of the .proto file, `code` that of the status. */
export type CallObserver = (service: string, method: string, code: string, seconds: number) => void;

export interface CallPolicy {
  /** Milliseconds a unary call may take when its client grants no less. Streams have only their client's deadline. */
  defaultDeadlineMs: number;
  /** Bytes that the metadata of one call may have; grpc-js itself has no such limit. */
  maxMetadataBytes: number;
  /** Whose `x-forwarded-for` is believed. */
  proxies: TrustedProxies;
  observe?: CallObserver;
  /** Told of errors that no filter has seen, for the log. */
  onUnexpected?: (error: AppError, route: string) => void;
}

type Call = Parameters<ServerInterceptor>[1];
type Listener = Parameters<Call['start']>[0];
type Status = Parameters<Call['sendStatus']>[0];
type Method = ServerMethodDefinition<unknown, unknown>;

/**
 * Stands around every call of a server: request context, deadline, cancellation, request id, the last word on errors, and
 * measuring. It is the outermost layer: also what grpc-js answers itself, before any handler runs, passes here.
 */
export class CallScopes {
  private readonly open = new Set<CallScope>();
  private readonly deadlines: Deadlines;

  constructor(private readonly policy: CallPolicy) {
    this.deadlines = new Deadlines(policy.defaultDeadlineMs);
  }

  /**
   * For the `interceptors` option of grpc-js. It changes the call's own methods instead of wrapping the call, because
   * grpc-js sends its own statuses (too large, unreadable, deadline) past any wrapper.
   */
  readonly interceptor: ServerInterceptor = (method, call) => {
    new CallScope(method, call, this.policy, this.open, this.deadlines).attach();
    return call as unknown as ServerInterceptingCall;
  };

  /** Ends the streams of answers, which may go on for ever; other calls are left to finish. */
  endStreams(error: AppError): void {
    for (const scope of [...this.open]) if (scope.isStream) scope.end(error);
  }

  /** Ends every call. */
  endAll(error: AppError): void {
    for (const scope of [...this.open]) scope.end(error);
  }
}

class CallScope extends Expiring implements Listener {
  private readonly began = performance.now();
  private readonly sendStatus: Call['sendStatus'];
  private context: RequestContext | undefined;
  private listener: Listener;
  private finished = false;

  constructor(
    private readonly method: Method,
    private readonly call: Call,
    private readonly policy: CallPolicy,
    private readonly siblings: Set<CallScope>,
    private readonly deadlines: Deadlines,
  ) {
    super();
    this.sendStatus = call.sendStatus.bind(call);
  }

  get isStream(): boolean {
    return this.method.responseStream;
  }

  attach(): void {
    const { call } = this;
    const start = call.start.bind(call);
    const sendMetadata = call.sendMetadata.bind(call);
    call.start = (listener) => {
      this.listener = listener;
      start(this);
    };
    // Initial metadata goes out with the first message: an error before that stays one frame, which is what allows
    // clients to retry it.
    call.sendMetadata = (metadata) => {
      if (this.context !== undefined) metadata.set(REQUEST_ID_KEY, this.context.requestId);
      sendMetadata(metadata);
    };
    call.sendStatus = (status) => this.answer(status);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const context = this.open(metadata);
    this.context = context;
    if (metadataBytes(metadata) > this.policy.maxMetadataBytes) {
      this.end(new AppError('PAYLOAD_TOO_LARGE', { message: 'The metadata is larger than allowed.' }));
      return;
    }
    this.siblings.add(this);
    // Entering a context is not free: it is entered where a handler may run, and nowhere else.
    if (this.method.requestStream)
      RequestContext.run(context, () => this.listener.onReceiveMetadata(metadata));
    else this.listener.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    if (!this.method.requestStream) this.listener.onReceiveMessage(message);
    else RequestContext.run(this.context!, () => this.listener.onReceiveMessage(message));
  }

  onReceiveHalfClose(): void {
    RequestContext.run(this.context!, () => this.listener.onReceiveHalfClose());
  }

  /** grpc-js calls this at the end of every call; only when nothing has been answered yet has the caller left. */
  onCancel(): void {
    if (!this.finished) {
      this.finish(Code.CANCELLED);
      this.context?.abort(new AppError('CANCELLED'));
    }
    const { context, listener } = this;
    if (context !== undefined && this.isStream) RequestContext.run(context, () => listener.onCancel());
    else listener.onCancel();
  }

  /** The time that the server grants by itself is up. */
  expire(): void {
    this.end(new AppError('TIMEOUT'));
  }

  /** Answers in the handler's place and tells it to stop. */
  end(error: AppError): void {
    this.answer(toGrpcStatus(error, this.context));
    this.context?.abort(error);
  }

  private open(metadata: Metadata): RequestContext {
    const { call, method } = this;
    return new RequestContext({
      requestId: acceptRequestId(metadata.get(REQUEST_ID_KEY)[0]),
      protocol: 'grpc',
      traceparent: text(metadata.get('traceparent')[0]),
      deadline: this.armDeadline(),
      ip: this.policy.proxies.clientOf(call.getConnectionInfo().remoteAddress, forwardedFor(metadata)),
      userAgent: text(metadata.get('user-agent')[0]),
      route: method.path,
    });
  }

  /** grpc-js watches the client's deadline; ours is watched only where it comes first. */
  private armDeadline(): number | undefined {
    const deadline = Number(this.call.getDeadline());
    if (this.method.requestStream || this.method.responseStream) {
      return deadline === Infinity ? undefined : deadline;
    }
    const { defaultDeadlineMs } = this.policy;
    const ours = Date.now() + defaultDeadlineMs;
    if (deadline <= ours) return deadline;
    this.deadlines.add(this);
    return ours;
  }

  /** The one way out: the first status counts, and one that nobody has explained yet is explained here. */
  private answer(status: Status): void {
    if (this.finished) return;
    const { code } = status;
    let answered = status;
    if (code !== Code.OK && !this.isExplained(status)) {
      const error = errorOfBareStatus(status);
      if (error.code === 'INTERNAL_ERROR') this.policy.onUnexpected?.(error, this.method.path);
      answered = toGrpcStatus(error, this.context);
      this.context?.abort(error);
    }
    this.finish(answered.code);
    this.sendStatus(answered);
  }

  /** Health and reflection keep the statuses that their own standards give them. */
  private isExplained({ code, metadata }: Status): boolean {
    if (metadata !== null && metadata !== undefined && metadata.get(DETAILS_TRAILER).length > 0) return true;
    return this.method.path.startsWith('/grpc.') && code !== Code.INTERNAL && code !== Code.UNKNOWN;
  }

  private finish(code: Code): void {
    this.finished = true;
    this.deadlines.delete(this);
    this.siblings.delete(this);
    const { path } = this.method;
    const end = path.lastIndexOf('/');
    const seconds = (performance.now() - this.began) / 1000;
    this.policy.observe?.(path.slice(1, end), path.slice(end + 1), Code[code], seconds);
  }
}

const text = (value: string | Buffer | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

function forwardedFor(metadata: Metadata): string | undefined {
  const values = metadata.get('x-forwarded-for');
  return values.length > 0 ? values.join(',') : undefined;
}

function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) bytes += key.length + value.length;
  }
  return bytes;
}
