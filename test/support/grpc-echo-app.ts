import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import {
  Catch,
  Controller,
  type ArgumentsHost,
  type INestMicroservice,
  type RpcExceptionFilter,
} from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import protoLoader from '@grpc/proto-loader';
import type { PackageDefinition } from '@grpc/proto-loader';
import { interval, map, Observable, reduce, take, throwError } from 'rxjs';
import { GrpcSettings, projectRoot } from '../../src/platform/config/index.js';
import { RequestContext } from '../../src/platform/context/index.js';
import { AppError } from '../../src/platform/errors/index.js';
import {
  ArcanaGrpcServer,
  GrpcHealth,
  loadPackageDefinition,
  protoFiles,
  toGrpcStatus,
  type ArcanaGrpcServerOptions,
} from '../../src/platform/grpc/index.js';
import { GrpcClient } from './grpc-client.js';

/** Where the .proto file of the echo service lies. */
export const echoProtoDirectory = join(projectRoot(), 'test', 'support', 'proto');

export const ECHO = 'arcana.test.v1.EchoService';

/** What the handlers saw and did, for the tests to wait on. */
export class Journal extends EventEmitter {
  contexts: RequestContext[] = [];
  requests: unknown[] = [];

  note(request: unknown): RequestContext {
    const context = RequestContext.current()!;
    this.contexts.push(context);
    this.requests.push(request);
    this.emit('called', context);
    return context;
  }

  /** Resolves with what the next `event` carries: ask before you cause it. */
  next(event: string): Promise<unknown> {
    return new Promise((resolve) => this.once(event, resolve));
  }
}

interface Act {
  text: string;
}

/** Kinds of behaviour that the call asks for in `text`. */
function echoController(journal: Journal) {
  @Controller()
  class EchoController {
    @GrpcMethod('EchoService')
    echo(request: object): object {
      journal.note(request);
      return request;
    }

    @GrpcMethod('EchoService')
    async act({ text }: Act): Promise<object> {
      const context = journal.note(text);
      if (text === 'fail')
        throw new AppError('CONFLICT', {
          fields: [{ field: 'email', code: 'EMAIL_TAKEN', message: 'taken' }],
        });
      if (text === 'crash') throw new Error('secret: connection string');
      if (text === 'nothing') return undefined as unknown as object;
      if (text === 'unencodable') return { text: 5 };
      if (text === 'large') return { text: 'x'.repeat(2_000_000) };
      if (text === 'hang') {
        await new Promise<void>((resolve) =>
          context.signal.addEventListener('abort', () => resolve(), { once: true }),
        );
        journal.emit('aborted', context.signal.reason);
        return { text: 'too late' };
      }
      if (text === 'slow') {
        await new Promise((resolve) => journal.once('go on', resolve));
        return { text: 'done' };
      }
      if (text === 'stubborn') await new Promise(() => undefined);
      return { text: RequestContext.current()!.requestId };
    }

    @GrpcMethod('EchoService')
    count({ count }: { count: number }): Observable<object> {
      const context = journal.note(count);
      if (count < 0) return throwError(() => new AppError('NOT_FOUND'));
      return new Observable<object>((subscriber) => {
        const source = count === 0 ? interval(5) : interval(1).pipe(take(count));
        const running = source.pipe(map((number) => ({ number: number + 1 }))).subscribe(subscriber);
        return () => {
          running.unsubscribe();
          journal.emit('stream ended', context);
        };
      });
    }

    @GrpcStreamMethod('EchoService')
    sum(numbers: Observable<{ number: number }>): Observable<object> {
      const context = journal.note('sum');
      return numbers.pipe(
        map(({ number }) => {
          journal.emit('number', RequestContext.current() === context);
          return number;
        }),
        reduce((total, number) => total + number, 0),
        map((total) => ({ total })),
      );
    }
  }
  return EchoController;
}

@Catch()
class StatusFilter implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => toGrpcStatus(error, RequestContext.current()));
  }
}

export interface EchoApp {
  app: INestMicroservice;
  server: ArcanaGrpcServer;
  health: GrpcHealth;
  journal: Journal;
  address: string;
  client: GrpcClient;
  /** A further client, closed together with the app. */
  connect(): GrpcClient;
  close(): Promise<void>;
}

export interface EchoSetup extends Partial<ArcanaGrpcServerOptions> {
  limits?: Partial<GrpcSettings>;
  /** Leaves errors to Nest's own filter. */
  bare?: boolean;
}

/** Settings on a free port of the loopback interface. */
export const loopback = (limits: Partial<GrpcSettings> = {}): GrpcSettings =>
  Object.assign(new GrpcSettings(), { host: '127.0.0.1', port: 0 }, limits);

/** The echo service behind the product's gRPC listener, and nothing else of the product. */
export async function startEchoApp({ limits, bare, ...options }: EchoSetup = {}): Promise<EchoApp> {
  const journal = new Journal();
  const health = new GrpcHealth();
  const server = new ArcanaGrpcServer({
    settings: loopback(limits),
    health,
    packageDefinition: loadPackageDefinition(protoFiles(echoProtoDirectory), echoProtoDirectory),
    ...options,
  });
  const module = await Test.createTestingModule({ controllers: [echoController(journal)] }).compile();
  const app = module.createNestMicroservice({ strategy: server, logger: false });
  if (!bare) app.useGlobalFilters(new StatusFilter());
  await app.listen();
  const clients: GrpcClient[] = [];
  const address = `127.0.0.1:${server.port}`;
  const connect = (): GrpcClient => {
    const client = new GrpcClient(address, plainDefinition());
    clients.push(client);
    return client;
  };
  return {
    app,
    server,
    health,
    journal,
    address,
    client: connect(),
    connect,
    close: async () => {
      for (const client of clients) client.close();
      await app.close();
    },
  };
}

/** What a stranger has: the .proto files and plain proto-loader. */
export const plainDefinition = (): PackageDefinition =>
  protoLoader.loadSync(protoFiles(echoProtoDirectory), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    includeDirs: [echoProtoDirectory],
  });
