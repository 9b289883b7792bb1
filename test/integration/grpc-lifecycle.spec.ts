import { createServer, type AddressInfo, type Server } from 'node:net';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import protoLoader from '@grpc/proto-loader';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { protoPath } from 'grpc-health-check';
import { ArcanaGrpcServer, loadPackageDefinition, protoFiles } from '../../src/platform/grpc/index.js';
import { decodeError, GrpcClient } from '../support/grpc-client.js';
import { ECHO, echoProtoDirectory, loopback, startEchoApp, type EchoApp } from '../support/grpc-echo-app.js';

const HEALTH = 'grpc.health.v1.Health';

const healthClient = (echo: EchoApp): GrpcClient =>
  new GrpcClient(
    echo.address,
    protoLoader.loadSync(protoPath, { keepCase: true, enums: String, defaults: true }),
  );

const errorOf = (stream: ClientReadableStream<unknown>): Promise<ServiceError> =>
  new Promise((resolve) => stream.once('error', resolve).resume());

describe('the gRPC listener', () => {
  describe('as it starts', () => {
    const listenWith = async (controllers: (new () => object)[], server: ArcanaGrpcServer): Promise<void> => {
      const module = await Test.createTestingModule({ controllers }).compile();
      const app = module.createNestMicroservice({ strategy: server, logger: false });
      try {
        await app.listen();
      } finally {
        await app.close();
      }
    };
    const serverOf = (limits = {}): ArcanaGrpcServer =>
      new ArcanaGrpcServer({
        settings: loopback(limits),
        packageDefinition: loadPackageDefinition(protoFiles(echoProtoDirectory), echoProtoDirectory),
      });

    it('says in one sentence that its port is taken', async () => {
      const other: Server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as AddressInfo;
      await expect(listenWith([], serverOf({ port }))).rejects.toMatchObject({
        code: 'EADDRINUSE',
        message:
          `gRPC cannot listen on 127.0.0.1:${port}: the port is in use; stop the other program or change ` +
          'ARCANA_SERVER__GRPC__HOST and ARCANA_SERVER__GRPC__PORT.',
      });
      other.close();
    });

    it('says in one sentence that its address is not one of this machine', async () => {
      await expect(listenWith([], serverOf({ host: '192.0.2.1', port: 1 }))).rejects.toThrow(
        'gRPC cannot listen on 192.0.2.1:1: this machine does not have that address; check ' +
          'ARCANA_SERVER__GRPC__HOST and ARCANA_SERVER__GRPC__PORT.',
      );
    });

    it('refuses a service that is handled in part', async () => {
      @Controller()
      class Partial {
        @GrpcMethod('EchoService', 'Echo')
        echo(): object {
          return {};
        }
      }
      await expect(listenWith([Partial], serverOf())).rejects.toThrow(
        `${ECHO}/Act is described under proto/, but no controller handles it.`,
      );
    });

    it('refuses a handler of a method that no .proto file has', async () => {
      @Controller()
      class Misspelt {
        @GrpcMethod('EchoService', 'Ecko')
        echo(): object {
          return {};
        }
      }
      await expect(listenWith([Misspelt], serverOf())).rejects.toThrow('which no .proto file describes');
    });

    it('knows no port before it listens', () => {
      expect(() => serverOf().port).toThrow('has no port before it listens');
    });
  });

  describe('tells its health', () => {
    let echo: EchoApp;
    let client: GrpcClient;
    beforeAll(async () => {
      echo = await startEchoApp();
      client = healthClient(echo);
    });
    afterAll(async () => {
      client.close();
      await echo.close();
    });
    const check = async (service: string): Promise<unknown> =>
      (await client.unary(`${HEALTH}/Check`, { service })).response.status;

    it('as not serving until the registry says otherwise', async () => {
      expect(await check('')).toBe('NOT_SERVING');
      expect(await check(ECHO)).toBe('NOT_SERVING');
    });

    it('per service and as a whole', async () => {
      echo.health.setServing('', true);
      expect(await check('')).toBe('SERVING');
      expect(await check(ECHO)).toBe('SERVING');
      echo.health.setServing(ECHO, false);
      expect(await check('')).toBe('SERVING');
      expect(await check(ECHO)).toBe('NOT_SERVING');
      echo.health.setServing(ECHO, true);
      echo.health.setServing('', false);
      expect(await check(ECHO)).toBe('NOT_SERVING');
    });

    it('as unknown for a service that it does not have', async () => {
      await expect(check('arcana.test.v1.UnservedService')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('in one list', async () => {
      echo.health.setServing('', true);
      const { response } = await client.unary(`${HEALTH}/List`);
      expect(response).toEqual({ statuses: { '': { status: 'SERVING' }, [ECHO]: { status: 'SERVING' } } });
    });

    it('again with each change to those who watch', async () => {
      const watch = client.stream<{ status: string }>(`${HEALTH}/Watch`, { service: ECHO });
      const messages = watch[Symbol.asyncIterator]();
      echo.health.setServing('', true);
      const first = await messages.next();
      echo.health.setServing('', false);
      const statuses = [first.value as { status: string }];
      while (statuses.at(-1)!.status !== 'NOT_SERVING')
        statuses.push((await messages.next()).value as { status: string });
      expect(statuses.at(-1)).toEqual({ status: 'NOT_SERVING' });
      watch.on('error', () => undefined).cancel();
    });
  });

  describe('as it stops', () => {
    it('lets running calls finish and takes no new ones', async () => {
      const echo = await startEchoApp();
      const called = echo.journal.next('called');
      const running = echo.client.unary(`${ECHO}/Act`, { text: 'slow' });
      await called;
      const closed = echo.app.close();
      await expect(echo.connect().unary(`${ECHO}/Act`, { text: 'x' })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      echo.journal.emit('go on');
      expect((await running).response).toEqual({ text: 'done' });
      await closed;
      await echo.close();
    });

    it('ends streams at once with UNAVAILABLE, those of health watchers after a last NOT_SERVING', async () => {
      const echo = await startEchoApp({ limits: { shutdown_grace_ms: 60_000 } });
      echo.health.setServing('', true);
      const client = healthClient(echo);
      const watch = client.stream<{ status: string }>(`${HEALTH}/Watch`, { service: '' });
      const statuses: string[] = [];
      await new Promise<void>((resolve) =>
        watch.on('data', ({ status }: { status: string }) => {
          statuses.push(status);
          resolve();
        }),
      );
      const stream = echo.client.stream(`${ECHO}/Count`, { count: 0 });
      await new Promise((resolve) => stream.once('data', resolve));
      const ended = echo.journal.next('stream ended');
      const errors = Promise.all([errorOf(stream), errorOf(watch)]);
      await echo.app.close();
      const [streamError, watchError] = await errors;
      expect(decodeError(streamError)).toMatchObject({
        code: 'UNAVAILABLE',
        reason: 'SERVICE_UNAVAILABLE',
        sentence: 'The server is shutting down.',
      });
      expect(decodeError(watchError).code).toBe('UNAVAILABLE');
      expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
      await ended;
      client.close();
      await echo.close();
    });

    it('tells a call that outlasts the time limit UNAVAILABLE and aborts its work', async () => {
      const echo = await startEchoApp({ limits: { shutdown_grace_ms: 50 } });
      const called = echo.journal.next('called');
      const running = echo.client.unary(`${ECHO}/Act`, { text: 'hang' });
      await called;
      const outcome = expect(running).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        reason: 'SERVICE_UNAVAILABLE',
      });
      const aborted = echo.journal.next('aborted');
      await echo.app.close();
      await outcome;
      expect(await aborted).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      await echo.close();
    });

    it('may be told so twice, and before it has started', async () => {
      const echo = await startEchoApp();
      await Promise.all([echo.server.close(), echo.server.close()]);
      await echo.close();
      await new ArcanaGrpcServer({ settings: loopback() }).close();
    });
  });

  it('hides reflection when it is switched off', async () => {
    const echo = await startEchoApp({ limits: { reflection: false } });
    const paths = ['v1', 'v1alpha'].map((v) => `grpc.reflection.${v}.ServerReflection/ServerReflectionInfo`);
    for (const path of paths) {
      await expect(echo.client.raw(path, Buffer.alloc(0))).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    }
    await echo.close();
  });
});
