import { loadPackageDefinition as grpcObjects, Server, ServerCredentials } from '@grpc/grpc-js';
import type {
  GrpcObject,
  handleUnaryCall,
  Metadata,
  ServerUnaryCall,
  ServiceClientConstructor,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ServerGrpc } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { TrustedProxies } from '../client-address/index.js';
import type { GrpcSettings } from '../config/index.js';
import { AppError } from '../errors/index.js';
import { within } from '../time-limit/index.js';
import { CallScopes, type CallObserver } from './call-scope.js';
import { channelOptions, MAX_METADATA_BYTES } from './channel-options.js';
import { GrpcHealth } from './grpc-health.js';
import { routeLibraryLog } from './library-log.js';
import { loadPackageDefinition } from './package-definition.js';
import { addReflection } from './reflection.js';

const GOODBYE_MS = 250;

/** A controller's method behind Nest's guards, pipes, interceptors and filters. */
type UnaryHandler = (
  request: object,
  metadata: Metadata,
  call: ServerUnaryCall<object, object>,
) => Promise<unknown>;

export interface ArcanaGrpcServerOptions {
  settings: GrpcSettings;
  /** Fed by the health registry; its own, which serves nothing, when absent. */
  health?: GrpcHealth;
  /** Told of every finished call. */
  observe?: CallObserver;
  /** Absent: no TLS. */
  credentials?: ServerCredentials;
  /** Absent: everything under `proto/`. */
  packageDefinition?: PackageDefinition;
}

/**
 * The public gRPC listener as a Nest transport: `app.connectMicroservice({ strategy }, { inheritAppConfig: true })`.
 *
 * Beyond Nest's own: the shared codec, a request context and a deadline per call, standard health, reflection, services
 * that are complete before the port opens, and a stop that has a time limit.
 */
export class ArcanaGrpcServer extends ServerGrpc {
  declare protected grpcClient: Server | null;
  private readonly scopes: CallScopes;
  private readonly definition: PackageDefinition;
  private readonly health: GrpcHealth;
  private boundPort: number | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly setup: ArcanaGrpcServerOptions) {
    const packageDefinition = setup.packageDefinition ?? loadPackageDefinition();
    super({ package: [], packageDefinition });
    routeLibraryLog();
    this.definition = packageDefinition;
    this.health = setup.health ?? new GrpcHealth();
    this.scopes = new CallScopes({
      defaultDeadlineMs: setup.settings.default_deadline_ms,
      maxMetadataBytes: MAX_METADATA_BYTES,
      proxies: new TrustedProxies(setup.settings.trusted_proxies),
      observe: setup.observe,
      onUnexpected: (error, route) => {
        this.logger.error(error.cause ?? error, `${route} failed outside its handler`);
      },
    });
  }

  /** The port that is listened on, which configuration may have left to the system. @throws Error before `listen` */
  get port(): number {
    if (this.boundPort === undefined) throw new Error('The gRPC listener has no port before it listens.');
    return this.boundPort;
  }

  /** Unlike Nest's own, opens the port last: a call that comes early finds a closed port, never a missing service. */
  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.grpcClient = new Server({
        ...channelOptions(this.setup.settings),
        interceptors: [this.scopes.interceptor],
      });
      await this.bindEvents();
      this.boundPort = await this.bind(this.grpcClient);
      callback();
    } catch (error) {
      this.grpcClient?.forceShutdown();
      this.grpcClient = null;
      callback(error);
    }
  }

  /** Adds each service that controllers handle. @throws Error when handlers and `proto/` do not fit */
  override async bindEvents(): Promise<void> {
    const server = this.grpcClient!;
    const objects = grpcObjects(this.definition);
    const unclaimed = new Set(this.messageHandlers.keys());
    const served: string[] = [];
    for (const name of Object.keys(this.definition)) {
      const service = lookup(objects, name);
      if (service === undefined) continue;
      const handlers = (await this.createService(service, shortName(name))) as UntypedServiceImplementation;
      if (this.claim(name, service, handlers, unclaimed) === 0) continue;
      server.addService(service.service, handlers);
      served.push(name);
    }
    for (const pattern of unclaimed)
      throw new Error(`A controller handles ${pattern}, which no .proto file describes.`);
    this.health.announce(served);
    this.health.addTo(server);
    if (this.setup.settings.reflection) addReflection(server, this.definition, served);
  }

  /** Nest's own copies the whole call, at a tenth of a small call's cost, for tracing hooks that this product does not set. */
  override createUnaryServiceMethod(handler: UnaryHandler): handleUnaryCall<object, object> {
    return (call, callback) => {
      answerOf(handler, call).then((answer) => callback(null, answer), callback);
    };
  }

  /**
   * Stops taking calls, lets the running ones finish and ends what still runs after `shutdown_grace_ms`. Streams have no
   * end of their own to wait for; they are told UNAVAILABLE at once, so that their clients go elsewhere.
   */
  override close(): Promise<void> {
    this.closing ??= this.drain();
    return this.closing;
  }

  private async drain(): Promise<void> {
    const server = this.grpcClient;
    if (!server) return;
    this.health.stop();
    const graceful = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    const goodbye = new AppError('SERVICE_UNAVAILABLE', { message: 'The server is shutting down.' });
    this.scopes.endStreams(goodbye);
    if (!(await isDone(graceful, this.setup.settings.shutdown_grace_ms))) {
      this.scopes.endAll(goodbye);
      // The goodbyes need a moment on the wire; a client that does not read them is not waited for.
      await isDone(graceful, GOODBYE_MS);
    }
    server.forceShutdown();
    this.grpcClient = null;
  }

  /** Takes the handlers of one service off the list. @returns how many there are */
  private claim(
    name: string,
    { service }: ServiceClientConstructor,
    handlers: UntypedServiceImplementation,
    unclaimed: Set<string>,
  ): number {
    const methods = Object.keys(handlers);
    for (const rpc of Object.keys(service)) {
      if (methods.length > 0 && !methods.includes(rpc)) {
        throw new Error(`${name}/${rpc} is described under proto/, but no controller handles it.`);
      }
      for (const pattern of unclaimed) {
        const handled = JSON.parse(pattern) as { service?: string; rpc?: string };
        if (handled.rpc === rpc && (handled.service === name || handled.service === shortName(name))) {
          unclaimed.delete(pattern);
        }
      }
    }
    return methods.length;
  }

  private bind(server: Server): Promise<number> {
    const { host, port } = this.setup.settings;
    // grpc-js reads an IPv6 address only in brackets.
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const credentials = this.setup.credentials ?? ServerCredentials.createInsecure();
    return new Promise((resolve, reject) => {
      server.bindAsync(target, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(bindError(target, error)),
      );
    });
  }
}

/** The answer may be undefined: the codec knows whether that will do. */
async function answerOf(handler: UnaryHandler, call: ServerUnaryCall<object, object>): Promise<object> {
  const answer = await handler(call.request, call.metadata, call);
  return (
    isObservable(answer) ? lastValueFrom(answer, { defaultValue: undefined }) : answer
  ) as Promise<object>;
}

/** Whether `work` ends within so many milliseconds. */
const isDone = (work: Promise<void>, milliseconds: number): Promise<boolean> =>
  within(
    work.then(() => true),
    milliseconds,
    () => false,
  );

const shortName = (service: string): string => service.slice(service.lastIndexOf('.') + 1);

function lookup(objects: GrpcObject, name: string): ServiceClientConstructor | undefined {
  const found = name
    .split('.')
    .reduce<unknown>((at, part) => (at as GrpcObject | undefined)?.[part], objects);
  return typeof found === 'function' ? (found as ServiceClientConstructor) : undefined;
}

/** By what grpc-js says; it tells what went wrong in words only. */
const BIND_ERRORS = [
  { says: 'EADDRINUSE', code: 'EADDRINUSE', problem: 'the port is in use; stop the other program or change' },
  { says: 'EACCES', code: 'EACCES', problem: 'this user may not open that port; change' },
  { says: 'EADDRNOTAVAIL', code: 'EADDRNOTAVAIL', problem: 'this machine does not have that address; check' },
  { says: 'Name resolution failed', code: 'ENOTFOUND', problem: 'that host name is not known; check' },
];
const UNKNOWN_BIND_ERROR = { code: undefined, problem: 'the address cannot be used; check' };

/** One sentence, with the system's name for the problem as `code`. */
function bindError(target: string, cause: Error): Error {
  const { code, problem } =
    BIND_ERRORS.find(({ says }) => cause.message.includes(says)) ?? UNKNOWN_BIND_ERROR;
  const settings = 'ARCANA_SERVER__GRPC__HOST and ARCANA_SERVER__GRPC__PORT';
  return Object.assign(new Error(`gRPC cannot listen on ${target}: ${problem} ${settings}.`, { cause }), {
    code,
  });
}
