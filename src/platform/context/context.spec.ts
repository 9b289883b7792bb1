import { AppError } from '../errors/index.js';
import { RequestContext } from './request-context.js';
import { acceptRequestId } from './request-id.js';
import { continueTrace, randomHex, traceparent } from './trace.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('a trace', () => {
  it('is continued with a span of our own', () => {
    const trace = continueTrace(`00-${TRACE_ID}-00f067aa0ba902b7-01`);
    expect(trace).toMatchObject({ traceId: TRACE_ID, sampled: true });
    expect(trace.spanId).not.toBe('00f067aa0ba902b7');
    expect(traceparent(trace)).toBe(`00-${TRACE_ID}-${trace.spanId}-01`);
  });

  it('is continued from a later version with more parts', () => {
    expect(continueTrace(`01-${TRACE_ID}-00f067aa0ba902b7-00-more`)).toMatchObject({
      traceId: TRACE_ID,
      sampled: false,
    });
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `00-${TRACE_ID}-00f067aa0ba902b7-01-more`,
    `ff-${TRACE_ID}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`,
  ])('is begun anew for %j', (header) => {
    expect(continueTrace(header).traceId).not.toBe(TRACE_ID);
    expect(traceparent(continueTrace(header))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  });

  it('has an id that never comes twice', () => {
    expect(new Set(Array.from({ length: 2_000 }, () => randomHex(16))).size).toBe(2_000);
  });
});

describe('a request id', () => {
  it('is taken from the caller when it is sane', () => {
    expect(acceptRequestId('a.B:c_1-2')).toBe('a.B:c_1-2');
  });

  it.each([undefined, '', 'a b', 'a\r\nb', 'é', 'x'.repeat(129), ['a', 'b'], 7])(
    'is made for %j',
    (value) => {
      expect(acceptRequestId(value)).toMatch(/^[0-9a-f]{32}$/);
    },
  );
});

describe('the context of the work in hand', () => {
  it('follows asynchronous work and is absent outside', async () => {
    const context = new RequestContext({ requestId: 'r', protocol: 'http' });
    const seen = await RequestContext.run(context, async () => {
      await Promise.resolve();
      return RequestContext.current();
    });
    expect(seen).toBe(context);
    expect(RequestContext.current()).toBeUndefined();
  });

  it('tells the time left, and throws when there is none', () => {
    expect(new RequestContext({ requestId: 'r', protocol: 'http' }).remainingMs()).toBeUndefined();
    expect(
      new RequestContext({ requestId: 'r', protocol: 'http', deadline: Date.now() + 10_000 }).remainingMs(),
    ).toBeGreaterThan(0);
    expect(() =>
      new RequestContext({ requestId: 'r', protocol: 'http', deadline: Date.now() - 1 }).remainingMs(),
    ).toThrow(expect.objectContaining({ code: 'TIMEOUT' }));
  });

  it('is aborted once, for the first reason, whether the signal was asked for before or after', () => {
    for (const early of [true, false]) {
      const context = new RequestContext({ requestId: 'r', protocol: 'http' });
      const before = early ? context.signal : undefined;
      context.abort(new AppError('CANCELLED'));
      context.abort(new AppError('TIMEOUT'));
      expect(context.signal.aborted).toBe(true);
      expect(context.signal.reason).toMatchObject({ code: 'CANCELLED' });
      if (before) expect(context.signal).toBe(before);
      expect(() => context.remainingMs()).toThrow(expect.objectContaining({ code: 'CANCELLED' }));
    }
  });

  it('takes a signal from outside', () => {
    const controller = new AbortController();
    const context = new RequestContext({ requestId: 'r', protocol: 'grpc', signal: controller.signal });
    controller.abort();
    expect(context.signal.aborted).toBe(true);
    expect(() => context.remainingMs()).toThrow(expect.objectContaining({ code: 'CANCELLED' }));
  });
});
