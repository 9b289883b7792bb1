import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPassages, type Passage } from './find-passages.js';

/** Shorter ones are examples of what is refused, and turn up by chance. */
const SHORTEST = 8;
/** So many characters at either end of a random secret are enough: a log that cuts it short is found as well. */
const END = 24;
const SECRET_FIELD =
  /^(password|current_password|new_password|token|access_token|refresh_token|key|secret|client_secret)$/;
/** No policy lets such a password pass; `password` is one that tests try, and is written in every route of its name. */
const PLAIN_WORD = /^[a-z]{1,14}$/;
const SECRET_SETTING = /(PASSWORD|SECRET|TOKEN|PRIVATE_KEY)$/;
const JWT = /^[\w-]+\.[\w-]+\.([\w-]{16,})$/;
/** The rest is shown to whoever owns the key. */
const API_KEY = /^ak_[0-9a-f-]{36}_?([\w-]*)$/;
const RANDOM = /^[\w-]{40,}$/;

/** Where something was found that must not be there. Never the thing itself: this ends in a test report. */
export interface Leak {
  /** `the log, line 12 at info` */
  readonly place: string;
  /** `a password, URL-encoded` */
  readonly what: string;
}

/** A text to search. */
export interface Place {
  readonly name: string;
  readonly text: string;
  /** Where hashes are kept; the secrets themselves are not welcome here either. */
  readonly keepsHashes?: boolean;
}

/** What to look for, and how to call it. */
const forms = new Map<string, string>();
const hashes = new Map<string, string>([['$argon2id', 'a hash of a password']]);
const known = new Set<string>();
const people = new Set<string>();

/**
 * Notes a secret that a test gives to the product or gets from it: from now on it is looked for wherever a product of
 * this file writes. The clients of test/support note what they send and receive; a test that has another secret calls this.
 */
export function noteSecret(secret: unknown, what = 'a secret'): void {
  if (typeof secret !== 'string' || secret.length < SHORTEST || known.has(secret)) return;
  known.add(secret);
  const core = JWT.exec(secret)?.[1] ?? API_KEY.exec(secret)?.[1] ?? secret;
  if (core.length < SHORTEST) return;
  const parts = RANDOM.test(core) ? [core.slice(0, END), core.slice(-END)] : [core];
  for (const part of parts) {
    note(part, what);
    note(JSON.stringify(part).slice(1, -1), what);
    note(encodeURIComponent(part), `${what}, URL-encoded`);
    note(Buffer.from(part).toString('hex'), `${what}, in hex`);
    // Where it stands in what is encoded decides how it looks: three ways, without the ends that depend on neighbours.
    for (const before of [0, 1, 2]) {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(part)]);
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = bytes.toString(encoding).replaceAll('=', '');
        note(text.slice(before === 0 ? 0 : before + 1, -2), `${what}, in base64`);
      }
    }
  }
  for (const encoding of ['hex', 'base64', 'base64url'] as const)
    hashes.set(createHash('sha256').update(core).digest(encoding), `the hash of ${what}`);
}

function note(form: string, what: string): void {
  if (form.length >= SHORTEST && !forms.has(form)) forms.set(form, what);
}

/** Notes what is secret in a message, by the names of its fields; what is said openly beside it is none. */
export function noteSecretsIn(message: unknown): void {
  if (typeof message !== 'object' || message === null) return;
  const entries = Object.entries(message);
  const open = new Set(entries.filter(([name]) => /^(name|email)$/.test(name)).map(([, value]) => value));
  for (const [name, value] of entries) {
    if (typeof value === 'object') noteSecretsIn(value);
    else if (SECRET_FIELD.test(name) && !open.has(value) && !PLAIN_WORD.test(String(value)))
      noteSecret(value, `a ${name}`);
  }
  const { name, email } = message as { name?: unknown; email?: unknown };
  // Who is named together with an address is a person.
  if (email !== undefined && typeof name === 'string' && name.length >= SHORTEST) people.add(name);
}

/** Notes the credential of an `Authorization` header. */
export function noteCredential(header: unknown): void {
  if (typeof header !== 'string') return;
  const [, credential] = /^\w+ +(\S{16,})$/.exec(header) ?? [];
  noteSecret(credential, 'a credential');
}

/** Notes the secrets among the settings of a product: passwords, passwords in URLs, and files of them. */
export function noteSecretSettings(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (SECRET_SETTING.test(name)) noteSecret(value, name);
    if (name.endsWith('_FILE')) noteSecretFile(value, name);
    if (URL.canParse(value)) noteSecret(decodeURIComponent(new URL(value).password), name);
  }
}

/** Notes what stands in a file, if there is one: a secret on one line, or a key in PEM. */
export function noteSecretFile(path: string, what: string): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return;
  }
  notePem(text, what);
}

/** Notes the lines of a private key, or a secret that stands on a line of its own. */
export function notePem(text: string, what: string): void {
  for (const line of text.split('\n').map((each) => each.trim()))
    if (line !== '' && !line.startsWith('-----')) noteSecret(line, what);
}

/** Notes what a mail lets its reader do. Its lines may be broken and quoted: RFC 2045, section 6.7. */
export function noteMail(mail: string): void {
  const text = mail.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
  for (const [token] of text.matchAll(/(?<![\w-])[\w-]{43}(?![\w-])/g)) noteSecret(token, 'a mailed token');
}

/** Every place that holds a secret of this file, or, where none are kept, a hash of one. */
export function leaksIn(places: readonly Place[]): Leak[] {
  const search = findPassages(forms);
  const searchHashes = findPassages(hashes);
  return places.flatMap(({ name, text, keepsHashes = false }) =>
    told(name, [...search(text), ...(keepsHashes ? [] : searchHashes(text))]),
  );
}

const told = (place: string, found: Passage[]): Leak[] =>
  [...new Set(found.map(({ what }) => what))].map((what) => ({ place, what }));

const ADDRESS = /[\w.+-]+@[\w-]+(\.[\w-]+)+/;

/** Every text with an e-mail address, or the name of somebody whom the tests gave an account. */
export function personalDataIn(places: readonly Place[]): Leak[] {
  const names = [...people];
  return places.flatMap(({ name: place, text }) => [
    ...(ADDRESS.test(text) ? [{ place, what: 'an e-mail address' }] : []),
    ...(names.some((name) => text.includes(name)) ? [{ place, what: 'the name of a person' }] : []),
  ]);
}

/** @throws Error naming each place, and not what was found there */
export function expectNoLeaks(leaks: readonly Leak[]): void {
  if (leaks.length === 0) return;
  const lines = leaks.slice(0, 20).map(({ place, what }) => `  ${what}: ${place}`);
  throw new Error(`What must not be written was (${leaks.length}):\n${lines.join('\n')}`);
}
