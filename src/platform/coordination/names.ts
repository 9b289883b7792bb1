// Short enough for a PostgreSQL channel (63 bytes) with our prefix; nothing that needs quoting anywhere.
const NAME = /^[a-z][a-z0-9_.:-]{0,53}$/;

/** Names of locks and topics: `jobs.scheduler`, `job.cancelled`. @throws RangeError when `name` is none */
export function assertName(kind: 'lock' | 'topic', name: string): void {
  if (!NAME.test(name)) {
    throw new RangeError(
      `"${name}" is no name of a ${kind}: 1 to 54 of a-z, 0-9, dot, colon, hyphen, underscore, starting with a letter.`,
    );
  }
}
