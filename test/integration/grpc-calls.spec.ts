import { AppError } from '../../src/platform/errors/index.js';
import { ECHO, startEchoApp, type EchoApp } from '../support/grpc-echo-app.js';

const SHAPE_OF_A_MADE_ID = /^[0-9a-f]{32}$/;

describe('a gRPC call', () => {
  const observed: [string, string, string, number][] = [];
  let echo: EchoApp;

  beforeAll(async () => {
    echo = await startEchoApp({
      limits: { default_deadline_ms: 300 },
      observe: (...call) => observed.push(call),
    });
  });
  afterAll(() => echo.close());
  beforeEach(() => {
    observed.length = 0;
    echo.journal.contexts.length = 0;
    echo.journal.requests.length = 0;
  });

  it('reaches its handler as the plain object that REST would pass', async () => {
    const at = { seconds: '1700000000', nanos: 123_000_000 };
    const { response } = await echo.client.unary(`${ECHO}/Echo`, {
      everything: { colour: 'COLOUR_DARK_BLUE', at, object: { fields: { a: { numberValue: 1 } } }, big: '5' },
    });
    expect(echo.journal.requests[0]).toEqual({
      everything: expect.objectContaining({
        colour: 'dark_blue',
        at: '2023-11-14T22:13:20.123Z',
        object: { a: 1 },
        big: 5,
        text: '',
      }) as unknown,
    });
    expect(response).toEqual({
      everything: expect.objectContaining({ colour: 'COLOUR_DARK_BLUE', at, big: '5' }) as unknown,
    });
  });

  it('has a request context with what the caller sent', async () => {
    const metadata = {
      'x-request-id': 'from-the-caller',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    const before = Date.now();
    const { headers } = await echo.client.unary(
      `${ECHO}/Act`,
      { text: 'context' },
      { metadata, deadlineMs: 20_000 },
    );
    const context = echo.journal.contexts[0]!;
    expect(context).toMatchObject({
      requestId: 'from-the-caller',
      protocol: 'grpc',
      route: `/${ECHO}/Act`,
      ip: '127.0.0.1',
      trace: { traceId: '0af7651916cd43dd8448eb211c80319c', sampled: true },
    });
    expect(context.userAgent).toContain('grpc-node-js');
    expect(context.signal.aborted).toBe(false);
    expect(context.deadline).toBeGreaterThan(before);
    expect(context.deadline).toBeLessThanOrEqual(Date.now() + 20_000);
    expect(headers.get('x-request-id')).toEqual(['from-the-caller']);
  });

  it('gets a request id of ours in place of an insane one', async () => {
    const metadata = { 'x-request-id': 'two words' };
    const { headers, response } = await echo.client.unary(`${ECHO}/Act`, { text: 'id' }, { metadata });
    expect(headers.get('x-request-id')[0]).toMatch(SHAPE_OF_A_MADE_ID);
    expect(response).toEqual({ text: headers.get('x-request-id')[0] });
  });

  it('does not share its context with a call beside it', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `call-${index}`);
    const answers = await Promise.all(
      ids.map((id) => echo.client.unary(`${ECHO}/Act`, { text: 'id' }, { metadata: { 'x-request-id': id } })),
    );
    expect(answers.map(({ response }) => response.text)).toEqual(ids);
  });

  it('ends at the deadline of its client, and its work stops', async () => {
    const aborted = echo.journal.next('aborted');
    await expect(
      echo.client.unary(`${ECHO}/Act`, { text: 'hang' }, { deadlineMs: 50 }),
    ).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(await aborted).toMatchObject({ code: 'TIMEOUT' });
    expect(observed.map(([, , code]) => code)).toEqual(['DEADLINE_EXCEEDED']);
  });

  it('ends at the default deadline when its client set none, with the error of the catalogue', async () => {
    const aborted = echo.journal.next('aborted');
    await expect(echo.client.unary(`${ECHO}/Act`, { text: 'hang' })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      reason: 'TIMEOUT',
      sentence: 'The work did not finish in the time allowed.',
    });
    expect(await aborted).toMatchObject({ code: 'TIMEOUT' });
  });

  it('ends at the default deadline when its client grants more', async () => {
    await expect(
      echo.client.unary(`${ECHO}/Act`, { text: 'stubborn' }, { deadlineMs: 60_000 }),
    ).rejects.toMatchObject({
      reason: 'TIMEOUT',
    });
  });

  it('stops its work when its client leaves', async () => {
    const leaving = new AbortController();
    const called = echo.journal.next('called');
    const aborted = echo.journal.next('aborted');
    const call = echo.client.unary(`${ECHO}/Act`, { text: 'hang' }, { signal: leaving.signal });
    await called;
    leaving.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    const reason = await aborted;
    expect(reason).toBeInstanceOf(AppError);
    expect(reason).toMatchObject({ code: 'CANCELLED' });
    expect(observed.map(([, , code]) => code)).toEqual(['CANCELLED']);
  });

  it('is measured once, under the names of the .proto file', async () => {
    await echo.client.unary(`${ECHO}/Act`, { text: 'x' });
    await echo.client.unary(`${ECHO}/Act`, { text: 'fail' }).catch(() => undefined);
    expect(observed.map(([service, method, code]) => [service, method, code])).toEqual([
      [ECHO, 'Act', 'OK'],
      [ECHO, 'Act', 'ALREADY_EXISTS'],
    ]);
    for (const [, , , seconds] of observed) expect(seconds).toBeGreaterThan(0);
  });

  describe('with a stream', () => {
    it('sends every message of the handler', async () => {
      const numbers: unknown[] = [];
      for await (const message of echo.client.stream(`${ECHO}/Count`, { count: 5 })) numbers.push(message);
      expect(numbers).toEqual([1, 2, 3, 4, 5].map((number) => ({ number })));
    });

    it('returns the request id before its first message', async () => {
      const stream = echo.client.stream(
        `${ECHO}/Count`,
        { count: 1 },
        { metadata: { 'x-request-id': 'stream-1' } },
      );
      const headers = new Promise<{ get(key: string): unknown[] }>((resolve) =>
        stream.once('metadata', resolve),
      );
      stream.resume();
      expect((await headers).get('x-request-id')).toEqual(['stream-1']);
    });

    it('has no deadline but its client’s', async () => {
      const stream = echo.client.stream(`${ECHO}/Count`, { count: 0 });
      const began = Date.now();
      for await (const message of stream) {
        expect(message).toBeDefined();
        if (Date.now() - began > 500) break;
      }
      expect(echo.journal.contexts[0]!.deadline).toBeUndefined();
    });

    it('ends its source and aborts its signal when the client leaves', async () => {
      const ended = echo.journal.next('stream ended');
      const stream = echo.client.stream(`${ECHO}/Count`, { count: 0 });
      stream.on('error', () => undefined);
      await new Promise((resolve) => stream.once('data', resolve));
      stream.cancel();
      await ended;
      expect(echo.journal.contexts[0]!.signal.aborted).toBe(true);
      expect(observed.map(([, method, code]) => [method, code])).toEqual([['Count', 'CANCELLED']]);
    });

    it('of the client is read inside the context of the call', async () => {
      const inside: unknown[] = [];
      echo.journal.on('number', (same) => inside.push(same));
      const total = await echo.client.upload(`${ECHO}/Sum`, [{ number: 1 }, { number: 2 }, { number: 39 }]);
      echo.journal.removeAllListeners('number');
      expect(total).toEqual({ total: 42 });
      expect(inside).toEqual([true, true, true]);
    });
  });
});
