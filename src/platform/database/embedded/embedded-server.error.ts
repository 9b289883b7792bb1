/**
 * The embedded server cannot be had. The message is one sentence that names the fix, fit to be shown as it is;
 * what PostgreSQL itself wrote stays in its log.
 */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError';
}

/** Where a database of one's own is named instead; the way out of everything the embedded server cannot do. */
export const OWN_DATABASE = 'set ARCANA_DATABASE__URL to a PostgreSQL of your own';

interface KnownFailure {
  readonly sign: RegExp;
  readonly sentence: (folder: string) => string;
}

const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    sign: /no space left on device|check free disk space|ENOSPC|disk quota exceeded|EDQUOT/i,
    sentence: (folder) => `The disk that holds ${folder} is full: free some space and start again.`,
  },
  {
    sign: /could not look up effective user id/i,
    sentence: () =>
      `The embedded PostgreSQL needs its OS user to have a name: add an entry for it to /etc/passwd, or ${OWN_DATABASE}.`,
  },
  {
    sign: /has wrong ownership|must be owned by|could not change (permissions|ownership)|has invalid permissions/i,
    sentence: (folder) =>
      `The file system under ${folder} does not keep the owner and mode that PostgreSQL insists on: move the project to a local disk, or ${OWN_DATABASE}.`,
  },
  {
    sign: /read-only file system|EROFS/i,
    sentence: (folder) =>
      `The file system under ${folder} is read-only: make it writable, or ${OWN_DATABASE}.`,
  },
  {
    sign: /permission denied|operation not permitted|EACCES|EPERM/i,
    sentence: (folder) =>
      `The embedded PostgreSQL may not use its folder ${folder}: start as the user who owns it, or give it to the one who starts.`,
  },
  {
    sign: /cannot allocate memory|could not map anonymous shared memory|could not create shared memory|ENOMEM/i,
    sentence: () =>
      `There is not enough memory for the embedded PostgreSQL (about 200 MB): free some, or ${OWN_DATABASE}.`,
  },
  {
    sign: /could not locate a valid checkpoint record|invalid checkpoint|could not open file "global\/|invalid page|pg_control/i,
    sentence: (folder) =>
      `The data in ${folder} is damaged and PostgreSQL refuses it: restore a backup of that folder, or remove it to begin with an empty database.`,
  },
];

/**
 * Turns what PostgreSQL or the system said into one sentence.
 *
 * @param doing what was tried, as the subject of the fallback sentence ("The embedded PostgreSQL did not start")
 * @param output raw output, or the text of a system error
 * @param folder the folder the sentence speaks of
 * @param logFile named in the fallback sentence when given, since the rest of the story stands there
 */
export function explain(
  doing: string,
  output: string,
  folder: string,
  logFile?: string,
): EmbeddedServerError {
  const known = KNOWN_FAILURES.find(({ sign }) => sign.test(output));
  if (known) return new EmbeddedServerError(known.sentence(folder));
  const lines = output.split('\n').map((line) => line.trim());
  // The first complaint is the cause; those after it are its consequences.
  const cause = lines.find((line) => /FATAL|PANIC|error:|ERROR/.test(line)) ?? lines.findLast(Boolean);
  const reason = cause?.replace(/^.*?(FATAL|PANIC|ERROR|error):\s*/, '').replace(/[.\s]+$/, '');
  const more = logFile ? `; see ${logFile}` : '';
  return new EmbeddedServerError(`${doing}${reason ? `: ${reason}` : ''}${more}, or ${OWN_DATABASE}.`);
}
