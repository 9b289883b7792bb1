/**
 * Makes a key for access tokens in the directory that security.jwt_keys_directory names, or removes those that are over.
 * Its file is named by the time from which it signs; docs/keys.md says why, and how keys are replaced.
 *
 *   npm run keys -- ES256|RS256|HS256 DIRECTORY [--signs-in-secs=3600]
 *   npm run keys -- prune DIRECTORY [--tokens-live-secs=1020]
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const pem = { type: 'pkcs8', format: 'pem' };
const MAKERS = {
  ES256: { suffix: '.pem', make: () => pair('ec', { namedCurve: 'P-256' }) },
  RS256: { suffix: '.pem', make: () => pair('rsa', { modulusLength: 3072 }) },
  HS256: { suffix: '.secret', make: () => `${randomBytes(48).toString('base64url')}\n` },
};
const TIMED = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*\.(pem|secret)$/;
/** Long enough for every process, and every service with a copy of the key set, to know it. */
const SIGNS_IN_SECS = 3600;
/** Defaults of security.jwt_access_expiration_secs and twice the most clock_leeway_secs can be. */
const TOKENS_LIVE_SECS = 900 + 2 * 60;

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'signs-in-secs': { type: 'string' }, 'tokens-live-secs': { type: 'string' } },
  });
  const [task, folder] = positionals;
  if (positionals.length !== 2 || !(task === 'prune' || Object.hasOwn(MAKERS, task)))
    throw new Error('Say what to make and where: npm run keys -- ES256|RS256|HS256|prune DIRECTORY');
  // npm changes to the folder of package.json; a relative path is meant from where it was typed.
  const directory = resolve(process.env.INIT_CWD ?? '.', folder);
  if (task === 'prune') prune(directory, seconds(values['tokens-live-secs']) ?? TOKENS_LIVE_SECS);
  else add(task, directory, values['signs-in-secs']);
}

function add(algorithm, directory, delay) {
  const asked = seconds(delay);
  const { suffix, make } = MAKERS[algorithm];
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // The first one has nobody to wait for.
  const isFirst = !readdirSync(directory).some((name) => name.endsWith(suffix) && !name.startsWith('.'));
  const signsAt = new Date(Date.now() + (asked ?? (isFirst ? 0 : SIGNS_IN_SECS)) * 1000);
  const name = `${signsAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}${suffix}`;
  // Under a name that is not read until it is whole.
  const draft = join(directory, `.${name}`);
  writeFileSync(draft, make(), { mode: 0o600, flag: 'wx' });
  chmodSync(draft, 0o600);
  renameSync(draft, join(directory, name));
  console.log(`${join(directory, name)} signs from ${signsAt.toISOString()} on.`);
}

/** Removes what was superseded so long ago that no token of it lives; the key that signs and those to come stay. */
function prune(directory, liveSecs) {
  const keys = readdirSync(directory)
    .map((name) => ({ name, from: timeOf(name), suffix: extname(name) }))
    .filter(({ from }) => from !== undefined);
  const successors = keys.filter(
    ({ name, from, suffix }) =>
      from + liveSecs * 1000 < Date.now() &&
      // A public half never took over from anything.
      (suffix === '.secret' || readFileSync(join(directory, name), 'utf8').includes('PRIVATE KEY-----')),
  );
  const over = keys.filter((key) =>
    successors.some(({ from, suffix }) => suffix === key.suffix && from > key.from),
  );
  for (const { name } of over) {
    rmSync(join(directory, name));
    console.log(`${join(directory, name)} is removed.`);
  }
  if (over.length === 0) console.log('No key is over.');
}

function timeOf(name) {
  const [, year, month, day, hour, minute, second] = TIMED.exec(name) ?? [];
  return year && Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function seconds(text) {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is no whole number of seconds.`);
  return Number(text);
}

function pair(type, options) {
  return generateKeyPairSync(type, {
    ...options,
    privateKeyEncoding: pem,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}
