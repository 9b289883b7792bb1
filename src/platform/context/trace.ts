import { isSpanContextValid, trace as otel } from '@opentelemetry/api';
import { randomBytes } from 'node:crypto';

/** W3C trace context of the work in hand. Source: https://www.w3.org/TR/trace-context/ */
export interface Trace {
  /** 32 lower-case hex digits. */
  traceId: string;
  /** 16 lower-case hex digits: our span. */
  spanId: string;
  sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

// One read of the kernel's generator serves many ids: randomBytes costs more than the rest of a trivial request.
const POOL = 4096;
let pool = Buffer.alloc(0);
let offset = 0;

/** `bytes` random bytes in lower-case hex. */
export function randomHex(bytes: number): string {
  if (offset + bytes > pool.length) {
    pool = randomBytes(POOL);
    offset = 0;
  }
  const hex = pool.toString('hex', offset, offset + bytes);
  offset += bytes;
  return hex;
}

/** Begins a trace of our own. */
export const newTrace = (): Trace => ({ traceId: randomHex(16), spanId: randomHex(8), sampled: false });

/** The span that tracing, where it is switched on, has already opened for this work. */
function openSpan(): Trace | undefined {
  const span = otel.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return undefined;
  return { traceId: span.traceId, spanId: span.spanId, sampled: (span.traceFlags & 1) === 1 };
}

/** Continues the caller's trace with a span of our own; anything that is not a valid header begins a new trace. */
export function continueTrace(traceparent: string | undefined): Trace {
  const open = openSpan();
  if (open) return open;
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (!match) return newTrace();
  const [, version, traceId, parentId, flags, rest] = match;
  // Version ff is forbidden, version 00 has exactly four parts, and ids of zeros are invalid.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return newTrace();
  if (/^0+$/.test(traceId!) || /^0+$/.test(parentId!)) return newTrace();
  return { traceId: traceId!, spanId: randomHex(8), sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

/** The header to send on. */
export const traceparent = (trace: Trace): string =>
  `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`;
