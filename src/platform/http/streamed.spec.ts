import { Controller, Get, Module, Post, Query, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { RestSettings } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { Public } from '../security/index.js';
import { configureHttp } from './configure-http.js';
import { createHttpAdapter } from './http-adapter.js';
import { sendStream } from './streamed-answer.js';
import { openUpload, StreamedBody } from './streamed-body.js';

const KIB = Buffer.alloc(1024, 'x');
/** What the routes below tell of their work. */
interface Told {
  /** Of the upload: bytes read, and why it ended. */
  upload: PromiseWithResolvers<{ bytes: number; code: string }>;
  /** The generator of an answer has ended, for whatever reason. */
  answerEnded: PromiseWithResolvers<void>;
  /** Lets a waiting answer go on. */
  goOn: PromiseWithResolvers<void>;
  /** Milliseconds that the work of each piece had left. */
  left: number[];
}
let told: Told;

@Controller('streams')
class StreamsController {
  @Post()
  @Public()
  @StreamedBody('text/csv')
  async take(@Req() request: FastifyRequest): Promise<{ bytes: number }> {
    let bytes = 0;
    try {
      for await (const chunk of openUpload(request, 100_000)) bytes += chunk.length;
      told.upload.resolve({ bytes, code: 'OK' });
      return { bytes };
    } catch (error) {
      told.upload.resolve({ bytes, code: (error as AppError).code });
      throw error;
    }
  }

  @Post('other')
  @Public()
  other(): string {
    return 'other';
  }

  @Get()
  @Public()
  async give(
    @Query('how') how: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendStream(request, reply, { contentType: 'text/csv', filename: 'x.csv', pieces: pieces(how) });
  }
}

async function* pieces(how: string): AsyncGenerator<Buffer> {
  try {
    if (how === 'fail') throw new AppError('SERVICE_UNAVAILABLE');
    for (let count = 0; how === 'endless' || count < 3; count++) {
      told.left.push(RequestContext.current()!.remainingMs()!);
      yield KIB;
      if (how === 'break') throw new Error('broken');
      if (how === 'wait') await told.goOn.promise;
    }
  } finally {
    told.answerEnded.resolve();
  }
}

@Module({ controllers: [StreamsController] })
class StreamsModule {}

describe('streams', () => {
  let app: NestFastifyApplication | undefined;
  let sockets: Socket[];
  let seen: [route: string, status: number][];

  beforeEach(() => {
    told = {
      upload: Promise.withResolvers(),
      answerEnded: Promise.withResolvers(),
      goOn: Promise.withResolvers(),
      left: [],
    };
    sockets = [];
    seen = [];
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await app?.close();
  });

  async function boot(settings: Partial<RestSettings> = {}): Promise<void> {
    const rest = Object.assign(new RestSettings(), settings);
    const { adapter, routes } = createHttpAdapter(rest, ({ route, status }) => seen.push([route, status]));
    app = await NestFactory.create<NestFastifyApplication>(StreamsModule, adapter, {
      logger: false,
      bodyParser: false,
    });
    await configureHttp(app, rest, routes);
    await app.listen(0, '127.0.0.1');
  }

  /** A connection on which something was sent; what comes back is kept. */
  function talk(...sent: (string | Buffer)[]) {
    const socket = connect((app!.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    const answer = { text: '', reset: false };
    socket.on('data', (data) => (answer.text += String(data)));
    socket.on('error', () => (answer.reset = true));
    for (const each of sent) socket.write(each);
    const closed = new Promise<typeof answer>((resolve) => socket.once('close', () => resolve(answer)));
    const received = async (what: string): Promise<void> => {
      while (!answer.text.includes(what)) await once(socket, 'data');
    };
    return { socket, closed, received };
  }

  const post = (length: number | string, path = '/streams'): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n${typeof length === 'number' ? `Content-Length: ${length}` : length}\r\n\r\n`;
  const get = (how: string, version = '1.1'): string =>
    `GET /streams?how=${how} HTTP/${version}\r\nHost: a\r\n\r\n`;

  describe('of a body', () => {
    it('are read as they come, and may take longer than a request as long as they move', async () => {
      await boot({ request_timeout_ms: 1_000 });
      const { socket, received } = talk(post(10 * 1024));
      for (let sent = 0; sent < 10; sent++) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        socket.write(KIB);
      }
      await received('{"bytes":10240}');
    });

    it('are answered with 408 when they stand still, and hung up on', async () => {
      await boot({ request_timeout_ms: 100 });
      const { text } = await talk(post(2048), KIB).closed;
      expect(text).toContain('HTTP/1.1 408');
      expect(await told.upload.promise).toEqual({ bytes: 1024, code: 'REQUEST_TIMEOUT' });
    });

    it('are answered with 408 when all of it takes too long, however well they move', async () => {
      await boot({ request_timeout_ms: 100, stream_timeout_ms: 300 });
      const { socket, closed } = talk(post(100_000));
      const drip = setInterval(() => socket.write('x'), 20);
      const { text } = await closed;
      clearInterval(drip);
      expect(text).toContain('HTTP/1.1 408');
    });

    it('are refused when they are too large: by what they say, else by what comes', async () => {
      await boot();
      const announced = talk(post(100_001));
      await announced.received('"code":"PAYLOAD_TOO_LARGE"');
      expect((await told.upload.promise).bytes).toBe(0);
      told.upload = Promise.withResolvers();
      const chunked = talk(post('Transfer-Encoding: chunked'));
      for (let sent = 0; sent < 99; sent++) chunked.socket.write(`400\r\n${KIB.toString()}\r\n`);
      await chunked.received('HTTP/1.1 413');
      expect((await told.upload.promise).code).toBe('PAYLOAD_TOO_LARGE');
    });

    it.each(['multipart/form-data; boundary=x', 'application/json'])(
      'are refused with the types that their route takes: %j',
      async (type) => {
        await boot();
        const { received } = talk(
          `POST /streams HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 2\r\n\r\n{}`,
        );
        await received('The body must be text/csv.');
      },
    );

    it('go on for no longer than a request may take once they are answered', async () => {
      await boot({ request_timeout_ms: 200 });
      const { socket, closed, received } = talk(post('Transfer-Encoding: chunked', '/streams/other'));
      await received('HTTP/1.1 415');
      const drip = setInterval(() => socket.write('1\r\nx\r\n'), 20);
      await closed;
      clearInterval(drip);
    });

    it('end with their client, which is told to whoever reads', async () => {
      await boot();
      const { socket } = talk(post(4096), KIB);
      setTimeout(() => socket.destroy(), 50);
      expect((await told.upload.promise).code).toBe('CANCELLED');
    });

    it('leave the connection to further requests', async () => {
      await boot();
      const { received } = talk(post(1024), KIB, post(1024), KIB, get(''));
      await received('0\r\n\r\n');
      expect(seen.map(([, status]) => status)).toEqual([201, 201, 200]);
    });
  });

  describe('of an answer', () => {
    it('are sent piece by piece, the work of each with its time anew', async () => {
      await boot({ request_timeout_ms: 10_000 });
      const { received } = talk(get(''));
      await received('0\r\n\r\n');
      expect(told.left).toHaveLength(3);
      for (const left of told.left) expect(left).toBeGreaterThan(0);
    });

    it('fail with a problem document as long as nothing was sent', async () => {
      await boot();
      await talk(get('fail')).received('HTTP/1.1 503');
    });

    it.each(['1.1', '1.0'])('break off with a reset, and without an end, over HTTP/%s', async (version) => {
      await boot();
      const { text, reset } = await talk(get('break', version)).closed;
      expect(reset).toBe(true);
      expect(text).not.toContain('0\r\n\r\n');
      expect(seen).toEqual([['/streams', 500]]);
    });

    it('are noticed to be broken by a client that has them compressed', async () => {
      await boot();
      const address = app!.getHttpServer().address() as AddressInfo;
      const reading = fetch(`http://127.0.0.1:${address.port}/streams?how=break`, {
        headers: { 'accept-encoding': 'gzip' },
      }).then((response) => response.text());
      await expect(reading).rejects.toThrow();
    });

    it('are cut when their reader stands still, and their work ends', async () => {
      await boot({ request_timeout_ms: 200 });
      const { socket, closed } = talk(get('endless'));
      socket.pause();
      await told.answerEnded.promise;
      socket.resume();
      expect((await closed).text).not.toContain('0\r\n\r\n');
    });

    it('end with their client', async () => {
      await boot();
      const { socket, received } = talk(get('endless'));
      await received('xxx');
      socket.destroy();
      await told.answerEnded.promise;
      expect(seen).toEqual([['/streams', 499]]);
    });
  });
});
