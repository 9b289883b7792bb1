import { credentials, makeClientConstructor, Metadata, status as Code } from '@grpc/grpc-js';
import type { CallOptions, Client, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import type { MethodDefinition, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { protoDirectory, protoFiles } from '../../src/platform/grpc/index.js';
import { noteCredential, noteSecretsIn } from './used-secrets.js';

/** google.rpc as its publisher writes it, independent of the product's own copy. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  package google.rpc;
  message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message RetryInfo { google.protobuf.Duration retry_delay = 1; }
  message RequestInfo { string request_id = 1; string serving_data = 2; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; string reason = 3; }
    repeated FieldViolation field_violations = 1;
  }`,
  { keepCase: true },
);
for (const file of ['any', 'duration'])
  root.addJSON(protobuf.common.get(`google/protobuf/${file}.proto`)!.nested!);
root.resolveAll();

export interface FieldViolation {
  field: string;
  description: string;
  reason: string;
}

/** The details that came with a failed call, by message name; undefined when that detail is absent. */
export interface ErrorDetails {
  status?: { code: number; message: string };
  ErrorInfo?: { reason: string; domain: string; metadata: Record<string, string> };
  BadRequest?: { field_violations: FieldViolation[] };
  RetryInfo?: { retry_delay: { seconds: number; nanos: number } };
  RequestInfo?: { request_id: string };
}

/** A failed call, with its google.rpc details decoded. */
export class GrpcCallError extends Error {
  constructor(
    /** Name of the status, e.g. `NOT_FOUND`. */
    readonly code: string,
    /** The sentence of the status. */
    readonly sentence: string,
    readonly details: ErrorDetails,
    /** Initial metadata, absent when the answer was trailers only. */
    readonly headers: Metadata | undefined,
    readonly trailers: Metadata,
  ) {
    super(`${code}: ${sentence}`);
    this.name = 'GrpcCallError';
  }

  /** `google.rpc.ErrorInfo.reason`: the code of the error catalogue. */
  get reason(): string | undefined {
    return this.details.ErrorInfo?.reason;
  }

  /** Broken fields by name, each with its reason. */
  get violations(): Record<string, string> {
    return Object.fromEntries(
      (this.details.BadRequest?.field_violations ?? []).map((v) => [v.field, v.reason]),
    );
  }
}

export interface GrpcAnswer<T> {
  response: T;
  headers: Metadata;
  trailers: Metadata;
}

export interface GrpcCall {
  /** Metadata to send, e.g. `{ 'x-request-id': 'a' }`. */
  metadata?: Record<string, string>;
  /** Sent as `authorization: Bearer ...`. */
  token?: string;
  /** Milliseconds from now. */
  deadlineMs?: number;
  signal?: AbortSignal;
}

let loaded: PackageDefinition | undefined;

/**
 * A gRPC client as a stranger would write it: plain proto-loader with its usual options, nothing of the product's codec.
 * Messages are proto JSON with snake_case names: enums by their full name, int64 as text, Timestamp as `{ seconds, nanos }`.
 */
export class GrpcClient {
  private readonly client: Client;

  /** @param address `host:port` */
  constructor(
    address: string,
    private readonly definition: PackageDefinition = (loaded ??= protoLoader.loadSync(protoFiles(), {
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      includeDirs: [protoDirectory()],
    })),
  ) {
    const Constructor = makeClientConstructor({}, 'Any');
    this.client = new Constructor(address, credentials.createInsecure());
  }

  /**
   * One unary call. @param path `arcana.auth.v1.AuthService/Login`
   * @throws GrpcCallError when the status is not OK
   */
  unary<T = Record<string, unknown>>(
    path: string,
    request: object = {},
    call: GrpcCall = {},
  ): Promise<GrpcAnswer<T>> {
    const method = this.method(path);
    return this.send(method.path, method.requestSerialize, method.responseDeserialize, request, call);
  }

  /** One unary call with bytes that need not be a message of the method. */
  raw(path: string, bytes: Buffer, call: GrpcCall = {}): Promise<GrpcAnswer<Buffer>> {
    const same = (value: Buffer): Buffer => value;
    return this.send(`/${path}`, same, same, bytes, call);
  }

  /** A server stream; read it with `for await`, leave it with `cancel()`. Its errors are ServiceErrors: see {@link decodeError}. */
  stream<T = Record<string, unknown>>(
    path: string,
    request: object = {},
    call: GrpcCall = {},
  ): ClientReadableStream<T> {
    const method = this.method(path);
    return this.client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => T,
      request,
      metadataOf(call),
      optionsOf(call),
    );
  }

  /** Whether the caller, and whether the server, may send any number of messages. */
  streams(path: string): { requests: boolean; responses: boolean } {
    const { requestStream, responseStream } = this.method(path);
    return { requests: requestStream, responses: responseStream };
  }

  /** A call that sends several messages and receives one. */
  upload<T = Record<string, unknown>>(path: string, requests: object[], call: GrpcCall = {}): Promise<T> {
    const method = this.method(path);
    return new Promise((resolve, reject) => {
      const sending = this.client.makeClientStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize as (bytes: Buffer) => T,
        metadataOf(call),
        optionsOf(call),
        (error, value) => (error === null ? resolve(value as T) : reject(decodeError(error))),
      );
      for (const request of requests) sending.write(request);
      sending.end();
    });
  }

  close(): void {
    this.client.close();
  }

  /** Every method that the .proto files describe: `arcana.auth.v1.AuthService/Login`. */
  methods(): string[] {
    return Object.entries(this.definition).flatMap(([name, entry]) =>
      'format' in entry ? [] : Object.keys(entry).map((method) => `${name}/${method}`),
    );
  }

  private method(path: string): MethodDefinition<object, object> {
    const [service, name] = path.split('/') as [string, string];
    const method = (this.definition[service] as ServiceDefinition | undefined)?.[name];
    if (method === undefined) throw new Error(`No .proto describes ${path}.`);
    return method;
  }

  private send<Request, T>(
    path: string,
    serialize: (value: Request) => Buffer,
    deserialize: (bytes: Buffer) => unknown,
    request: Request,
    call: GrpcCall,
  ): Promise<GrpcAnswer<T>> {
    if (!Buffer.isBuffer(request)) noteSecretsIn(request);
    return new Promise((resolve, reject) => {
      let headers: Metadata | undefined;
      let answer: T;
      let failure: ServiceError | null = null;
      const running = this.client
        .makeUnaryRequest(
          path,
          serialize,
          deserialize as (bytes: Buffer) => T,
          request,
          metadataOf(call),
          optionsOf(call),
          (error, value) => {
            failure = error;
            answer = value as T;
            if (!Buffer.isBuffer(value)) noteSecretsIn(value);
          },
        )
        .on('metadata', (received) => (headers = received))
        // grpc-js emits this right after it has called back with the answer or the failure.
        .on('status', ({ metadata: trailers }) =>
          failure === null
            ? resolve({ response: answer, headers: headers ?? new Metadata(), trailers })
            : reject(decodeError(failure, headers)),
        );
      call.signal?.addEventListener('abort', () => running.cancel(), { once: true });
    });
  }
}

function metadataOf({ metadata = {}, token }: GrpcCall): Metadata {
  const sent = new Metadata();
  for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
  noteCredential(metadata['authorization']);
  noteCredential(token === undefined ? undefined : `Bearer ${token}`);
  if (token !== undefined) sent.set('authorization', `Bearer ${token}`);
  return sent;
}

const optionsOf = ({ deadlineMs }: GrpcCall): CallOptions =>
  deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };

/** Decodes the details trailer of a failed call. */
export function decodeError(error: ServiceError, headers?: Metadata): GrpcCallError {
  const details: ErrorDetails = {};
  const bytes = error.metadata.get('grpc-status-details-bin')[0];
  if (bytes instanceof Buffer) {
    const options = { longs: Number, defaults: true };
    const Status = root.lookupType('google.rpc.Status');
    const status = Status.toObject(Status.decode(bytes), options) as {
      code: number;
      message: string;
      details: { type_url: string; value: Buffer }[];
    };
    details.status = { code: status.code, message: status.message };
    for (const { type_url: url, value } of status.details) {
      const type = root.lookupType(url.slice(url.indexOf('/') + 1));
      Object.assign(details, { [type.name]: type.toObject(type.decode(value), options) });
    }
  }
  return new GrpcCallError(Code[error.code], error.details, details, headers, error.metadata);
}
