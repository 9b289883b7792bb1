import { randomHex } from './trace.js';

// Printable, short, and without anything that could break a log line or a header.
const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

// An id has to be no other's, not to be a secret: the process is random, its requests are counted.
const PROCESS = randomHex(10);
let count = 0;

const newRequestId = (): string => PROCESS + (++count).toString(16).padStart(12, '0');

/** The caller's X-Request-Id when it is sane, else one of ours (32 hex digits). */
export const acceptRequestId = (value: unknown): string =>
  typeof value === 'string' && SANE.test(value) ? value : newRequestId();
