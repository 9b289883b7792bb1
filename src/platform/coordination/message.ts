/** PostgreSQL takes less than 8,000 bytes per notification; the limit holds on every adapter, so that none surprises. */
export const MAX_MESSAGE_BYTES = 7_999;

/** @throws RangeError when the JSON is larger than {@link MAX_MESSAGE_BYTES} */
export function encodeMessage(topic: string, payload: object): string {
  const text = JSON.stringify(payload);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new RangeError(
      `A message on ${topic} has ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed: send an id, and let the receiver read the rest.`,
    );
  }
  return text;
}

/** The payload; undefined when `text` is not one of ours. */
export function decodeMessage(text: string): object | undefined {
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null ? payload : undefined;
  } catch {
    return undefined;
  }
}
