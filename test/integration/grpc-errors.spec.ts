import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { ECHO, startEchoApp, type EchoApp } from '../support/grpc-echo-app.js';
import { decodeError, type GrpcCallError } from '../support/grpc-client.js';
import type { ServiceError } from '@grpc/grpc-js';

const MAX_BYTES = 1_000_000;

describe('a failed gRPC call', () => {
  const codes: string[] = [];
  let echo: EchoApp;

  beforeAll(async () => {
    echo = await startEchoApp({
      limits: { max_message_bytes: MAX_BYTES },
      observe: (_service, _method, code) => codes.push(code),
    });
  });
  afterAll(() => echo.close());
  beforeEach(() => {
    codes.length = 0;
    echo.journal.requests.length = 0;
  });

  const failed = async (call: Promise<unknown>): Promise<GrpcCallError> => {
    const error = await call.then(
      () => new Error('it succeeded'),
      (thrown: unknown) => thrown as GrpcCallError,
    );
    return error as GrpcCallError;
  };
  const act = (text: string, metadata: Record<string, string> = {}) =>
    failed(echo.client.unary(`${ECHO}/Act`, { text }, { metadata }));

  it('carries code, fields and request id of its error', async () => {
    expect(await act('fail', { 'x-request-id': 'r-1' })).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'CONFLICT',
      violations: { email: 'EMAIL_TAKEN' },
      details: { RequestInfo: { request_id: 'r-1' } },
    });
  });

  it('is trailers only, so that a client may try again', async () => {
    const error = await act('fail', { 'x-request-id': 'r-2' });
    expect(error.trailers.get('x-request-id')).toEqual(['r-2']);
    expect(error.headers?.get('x-request-id') ?? []).toEqual([]);
  });

  it('shows nothing of what crashed', async () => {
    const error = await act('crash');
    expect(error).toMatchObject({
      code: 'INTERNAL',
      reason: 'INTERNAL_ERROR',
      sentence: 'Something went wrong on our side.',
    });
    expect(JSON.stringify(error.trailers.toJSON())).not.toContain('secret');
  });

  it('in the middle of a stream carries its error after the messages', async () => {
    const stream = echo.client.stream(`${ECHO}/Count`, { count: -1 });
    const error = await new Promise<ServiceError>((resolve) => stream.once('error', resolve).resume());
    expect(decodeError(error)).toMatchObject({ code: 'NOT_FOUND', reason: 'NOT_FOUND' });
    expect(codes).toEqual(['NOT_FOUND']);
  });

  it('is INTERNAL when the answer does not fit its .proto file or is missing', async () => {
    expect(await act('unencodable')).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL_ERROR' });
    expect(await act('nothing')).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL_ERROR' });
    expect(codes).toEqual(['INTERNAL', 'INTERNAL']);
  });

  it('is INVALID_ARGUMENT for bytes that are no message, and no handler sees them', async () => {
    const garbage = [
      Buffer.from([0x0a, 0xff, 0x01]),
      Buffer.from([0x0a, 0x02, 0xc3, 0x28]),
      Buffer.from('{"text":1}'),
    ];
    for (const bytes of garbage) {
      expect(await failed(echo.client.raw(`${ECHO}/Act`, bytes))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'MALFORMED_REQUEST',
        sentence: 'The request could not be read.',
      });
    }
    expect(echo.journal.requests).toEqual([]);
    expect(codes).toEqual(['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT']);
  });

  it('is RESOURCE_EXHAUSTED for a message over the limit, and its neighbours on the connection go on', async () => {
    const neighbour = echo.journal.next('called');
    const slow = echo.client.unary(`${ECHO}/Act`, { text: 'slow' });
    await neighbour;
    expect(await act('x'.repeat(MAX_BYTES + 1))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'PAYLOAD_TOO_LARGE',
      sentence: 'The message is larger than allowed.',
    });
    echo.journal.emit('go on');
    expect((await slow).response).toEqual({ text: 'done' });
  });

  it('is RESOURCE_EXHAUSTED for an answer over the limit', async () => {
    expect(await act('large')).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'PAYLOAD_TOO_LARGE' });
  });

  it('is RESOURCE_EXHAUSTED for metadata over the limit', async () => {
    expect(await act('x', { 'x-large': 'y'.repeat(17_000) })).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'PAYLOAD_TOO_LARGE',
      sentence: 'The metadata is larger than allowed.',
    });
    expect(echo.journal.requests).toEqual([]);
  });

  it.each([`${ECHO}/Nothing`, 'arcana.test.v1.UnservedService/Never', 'nowhere.Service/Call'])(
    'is UNIMPLEMENTED for %s',
    async (path) => {
      expect(await failed(echo.client.raw(path, Buffer.alloc(0)))).toMatchObject({ code: 'UNIMPLEMENTED' });
    },
  );

  describe('of a client that speaks HTTP/2 by hand', () => {
    let session: ClientHttp2Session;
    beforeAll(() => (session = connect(`http://${echo.address}`)));
    afterAll(() => session.close());

    /** Sends one frame and returns headers or trailers, whichever has the status. */
    const send = (
      headers: Record<string, string>,
      compressed: boolean,
      body: Buffer,
    ): Promise<IncomingHttpHeaders> =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': `/${ECHO}/Act`,
          'content-type': 'application/grpc',
          te: 'trailers',
          ...headers,
        });
        stream.on('response', (received) => 'grpc-status' in received && resolve(received));
        stream.on('trailers', resolve).on('error', reject).resume();
        const prefix = Buffer.alloc(5);
        prefix.writeUInt8(compressed ? 1 : 0, 0);
        prefix.writeUInt32BE(body.length, 1);
        stream.end(Buffer.concat([prefix, body]));
      });

    it('is INVALID_ARGUMENT for a deadline that is none', async () => {
      const received = await send({ 'grpc-timeout': 'soon' }, false, Buffer.alloc(0));
      expect(received).toMatchObject({
        'grpc-status': '3',
        'grpc-message': 'The%20request%20could%20not%20be%20read.',
      });
    });

    it('is INVALID_ARGUMENT for a compressed message that is none', async () => {
      expect(await send({ 'grpc-encoding': 'gzip' }, true, Buffer.from('no gzip'))).toMatchObject({
        'grpc-status': '3',
      });
    });

    it('is RESOURCE_EXHAUSTED for a small message that unpacks to one over the limit', async () => {
      const bomb = gzipSync(Buffer.alloc(MAX_BYTES * 20));
      expect(await send({ 'grpc-encoding': 'gzip' }, true, bomb)).toMatchObject({ 'grpc-status': '8' });
    });
  });

  describe('in an application without an error filter', () => {
    let bare: EchoApp;
    beforeAll(async () => (bare = await startEchoApp({ bare: true })));
    afterAll(() => bare.close());

    it('shows nothing of what crashed either', async () => {
      const error = await failed(bare.client.unary(`${ECHO}/Act`, { text: 'crash' }));
      expect(error).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL_ERROR' });
      expect(error.details.RequestInfo!.request_id).toMatch(/^[0-9a-f]{32}$/);
    });
  });
});
