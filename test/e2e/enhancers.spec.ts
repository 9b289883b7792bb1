import {
  Body,
  Catch,
  Controller,
  Injectable,
  Module,
  type ArgumentsHost,
  type CanActivate,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  Post,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, GrpcStreamMethod, Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { map, throwError, type Observable } from 'rxjs';
import { RestSettings } from '../../src/platform/config/index.js';
import { RequestContext } from '../../src/platform/context/index.js';
import { AppError } from '../../src/platform/errors/index.js';
import {
  ArcanaGrpcServer,
  loadPackageDefinition,
  protoFiles,
  toGrpcStatus,
} from '../../src/platform/grpc/index.js';
import { createHttpAdapter } from '../../src/platform/http/index.js';
import { ECHO, echoProtoDirectory, loopback, plainDefinition } from '../support/grpc-echo-app.js';
import { GrpcCallError, GrpcClient } from '../support/grpc-client.js';
import { RestClient, type Json } from '../support/rest-client.js';

/** Who was asked, in order, for each call. */
const asked: string[] = [];
const note = (who: string, context: { getType(): string }): void =>
  void asked.push(`${who} ${context.getType()}`);

@Injectable()
class Guard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    note('guard', context);
    const data: Json =
      context.getType() === 'http'
        ? context.switchToHttp().getRequest().body
        : context.switchToRpc().getData();
    if (data?.text === 'guarded') throw new AppError('FORBIDDEN');
    return true;
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    note('interceptor', context);
    return next.handle().pipe(map((answer: Json) => ({ text: `${answer.text} and intercepted` })));
  }
}

@Injectable()
class Pipe implements PipeTransform {
  transform(value: Json): unknown {
    asked.push('pipe');
    if (value?.text === 'piped') throw new AppError('VALIDATION_FAILED');
    return { text: `${value?.text} through a pipe` };
  }
}

@Catch()
class Filter implements ExceptionFilter {
  catch(error: AppError, host: ArgumentsHost): unknown {
    note('filter', host);
    if (host.getType() === 'rpc') return throwError(() => toGrpcStatus(error, RequestContext.current()));
    return host.switchToHttp().getResponse().code(error.entry.http).send({ code: error.code });
  }
}

@Controller('act')
class ActController {
  @Post()
  overRest(@Body() { text }: { text: string }): object {
    return this.act(text, 'http');
  }

  @GrpcMethod('EchoService', 'Act')
  overGrpc(@Payload() { text }: { text: string }): object {
    return this.act(text, 'rpc');
  }

  private act(text: string, over: string): object {
    asked.push(`handler ${over}`);
    if (text.startsWith('fail')) throw new AppError('CONFLICT');
    return { text };
  }
}

/** The rest of the service of the tests; a service is served whole or not at all. */
@Controller()
class EchoController {
  @GrpcMethod('EchoService', 'Echo')
  echo(): object {
    return {};
  }

  @GrpcMethod('EchoService', 'Count')
  count(): object {
    return {};
  }

  @GrpcStreamMethod('EchoService', 'Sum')
  sum(): object {
    return {};
  }
}

@Module({ controllers: [ActController, EchoController] })
class ActModule {}

// The product has no interceptor of its own today. Whoever adds one shall find that it holds on both protocols, as do
// guards, pipes and filters: here each is one of the tests', on the product's own adapters, wired as the product wires them.
describe('what is registered globally holds', () => {
  let app: NestFastifyApplication;
  let rest: RestClient;
  let grpc: GrpcClient;

  beforeAll(async () => {
    const { adapter } = createHttpAdapter(new RestSettings(), () => undefined);
    app = await NestFactory.create<NestFastifyApplication>(ActModule, adapter, {
      logger: false,
      bodyParser: false,
    });
    app.useGlobalGuards(new Guard());
    app.useGlobalInterceptors(new Interceptor());
    app.useGlobalPipes(new Pipe());
    app.useGlobalFilters(new Filter());
    const server = new ArcanaGrpcServer({
      settings: loopback(),
      packageDefinition: loadPackageDefinition(protoFiles(echoProtoDirectory), echoProtoDirectory),
    });
    app.connectMicroservice({ strategy: server }, { inheritAppConfig: true });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    rest = new RestClient(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
    grpc = new GrpcClient(`127.0.0.1:${server.port}`, plainDefinition());
  });
  afterAll(async () => {
    grpc.close();
    await app.close();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const PROTOCOLS: [protocol: string, type: string, send: (text: string) => Promise<string>][] = [
    [
      'REST',
      'http',
      async (text) => {
        const { body } = await rest.post('/act', { text });
        return String(body.code ?? body.text);
      },
    ],
    [
      'gRPC',
      'rpc',
      (text) =>
        grpc.unary<Json>(`${ECHO}/Act`, { text }).then(
          ({ response }) => String(response.text),
          (error: unknown) => String((error as GrpcCallError).reason),
        ),
    ],
  ];

  describe.each(PROTOCOLS)('over %s', (_protocol, type, send) => {
    it('a guard', async () => {
      expect(await send('guarded')).toBe('FORBIDDEN');
      expect(asked).toEqual([`guard ${type}`, `filter ${type}`]);
    });

    it('an interceptor, which sees the answer', async () => {
      expect(await send('asked')).toMatch(/ and intercepted$/);
      expect(asked).toContain(`interceptor ${type}`);
    });

    it('a pipe, which sees the input', async () => {
      expect(await send('asked')).toContain('asked through a pipe');
      expect(await send('piped')).toBe('VALIDATION_FAILED');
    });

    it('a filter, which sees what the handler throws', async () => {
      expect(await send('fail')).toBe('CONFLICT');
      expect(asked.at(-1)).toBe(`filter ${type}`);
    });

    it('each once, in this order: guard, interceptor, pipe, handler', async () => {
      await send('asked');
      expect(asked).toEqual([`guard ${type}`, `interceptor ${type}`, 'pipe', `handler ${type}`]);
    });
  });
});
