/** A message that cannot be put on the wire as its .proto describes it: a programming error, answered with INTERNAL. */
export class CodecError extends Error {
  /**
   * @param where full name of the protobuf field, e.g. `arcana.user.v1.User.created_at`
   * @param problem what is wrong with the value, without the value itself: it may be a secret
   */
  constructor(where: string, problem: string) {
    super(`${where} cannot be encoded: ${problem}.`);
    this.name = 'CodecError';
  }
}

/** Names the kind of a value for an error text, never its content. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a Date';
  return `a value of type ${typeof value}`;
}
