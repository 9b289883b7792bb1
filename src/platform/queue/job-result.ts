import { isStorable } from './job-payload.js';

/** Most bytes of JSON a result may have: it is kept with the job's record and shown whole. */
const RESULT_LIMIT_BYTES = 262_144;

/**
 * Checks that what a handler answered can be stored, before the queue tries: there a BigInt would fail the job with
 * the library's own words after the work was done.
 * @returns the plain JSON object, or null when the handler answered nothing
 * @throws Error in one sentence
 */
export function storableResult(type: string, result: unknown): object | null {
  if (result === undefined || result === null) return null;
  if (typeof result !== 'object' || Array.isArray(result)) {
    throw new Error(
      `The result of ${type} must be an object or nothing, not ${Array.isArray(result) ? 'a list' : `a ${typeof result}`}.`,
    );
  }
  let json: string;
  try {
    json = JSON.stringify(result);
  } catch (error) {
    throw new Error(`The result of ${type} cannot be stored as JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (Buffer.byteLength(json) > RESULT_LIMIT_BYTES) {
    throw new Error(`The result of ${type} is larger than ${RESULT_LIMIT_BYTES} bytes.`);
  }
  if (!isStorable(json)) {
    throw new Error(`The result of ${type} holds a NUL or half a character, which cannot be stored.`);
  }
  return JSON.parse(json) as object;
}
