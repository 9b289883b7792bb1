import { isIP } from 'node:net';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import type { ListOf, SettingOptions } from './setting-options.js';

/** Long enough for any URL or path in use, short enough that a file given by mistake is noticed. */
const MAX_TEXT_LENGTH = 4096;
const MAX_LIST_LENGTH = 256;

/**
 * The class-validator rules that follow from what a setting is.
 *
 * Messages are predicates ("must be ..."): the reader puts the key, in the form the operator wrote it, in front.
 */
export function applyRules(options: SettingOptions): PropertyDecorator[] {
  const rules = rulesOf(options);
  return options.optional ? [IsOptional(), ...rules] : rules;
}

function rulesOf(options: SettingOptions): PropertyDecorator[] {
  switch (options.type) {
    case 'text':
      return [...textRules(options.maxLength), ...(options.minBytes ? [atLeastBytes(options.minBytes)] : [])];
    case 'email':
      return [IsEmail({}, { message: 'must be an e-mail address' })];
    case 'integer': {
      const message = `must be a whole number from ${options.min} to ${options.max}`;
      return [IsInt({ message }), Min(options.min, { message }), Max(options.max, { message })];
    }
    case 'flag':
      return [IsBoolean({ message: 'must be true or false' })];
    case 'choice':
      return [IsIn([...options.values], { message: `must be one of ${options.values.join(', ')}` })];
    case 'list':
      return listRules(options.of);
    case 'url':
      return [satisfies('url', (value) => isUrl(value, options.schemes), urlMessage(options.schemes))];
    case 'path':
      return [
        ...textRules(),
        satisfies('path', (value) => !String(value).includes('\0'), 'must not contain NUL'),
      ];
  }
}

function textRules(maxLength = MAX_TEXT_LENGTH): PropertyDecorator[] {
  return [
    IsString({ message: 'must be text' }),
    IsNotEmpty({ message: 'must not be empty: give it a value, or leave it out' }),
    MaxLength(maxLength, { message: `must be at most ${maxLength} characters long` }),
  ];
}

const LISTS: Readonly<Record<ListOf, [accepts: (value: unknown) => boolean, what: string]>> = {
  origins: [isOrigin, 'must list origins such as https://app.example.com, without a path and without *'],
  addresses: [isAddressRange, 'must list IP addresses or ranges such as 10.0.0.0/8'],
  ports: [isPort, 'must list port numbers such as 443'],
};

function listRules(of: ListOf): PropertyDecorator[] {
  const [accepts, what] = LISTS[of];
  return [
    IsArray({ message: 'must be a list' }),
    ArrayMaxSize(MAX_LIST_LENGTH, { message: `must list at most ${MAX_LIST_LENGTH} entries` }),
    satisfies(of, (value) => Array.isArray(value) && value.every(accepts), what),
  ];
}

function atLeastBytes(bytes: number): PropertyDecorator {
  return satisfies(
    'minBytes',
    (value) => typeof value === 'string' && Buffer.byteLength(value) >= bytes,
    `must be at least ${bytes} bytes long: make one with openssl rand -base64 48`,
  );
}

function satisfies(name: string, validate: (value: unknown) => boolean, message: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

function isUrl(value: unknown, schemes: readonly string[]): boolean {
  if (typeof value !== 'string' || value.length > MAX_TEXT_LENGTH || !URL.canParse(value)) return false;
  const url = new URL(value);
  // PostgreSQL's own tools write a socket directory as postgres:///name?host=/run/postgresql.
  const namesHost = url.hostname !== '' || url.searchParams.get('host');
  return schemes.includes(url.protocol.slice(0, -1)) && Boolean(namesHost) && isDecodable(url);
}

/** A lone % in a password passes the URL parser and throws in the drivers, which decode it. */
function isDecodable(url: URL): boolean {
  try {
    decodeURIComponent(url.username + url.password + url.pathname);
    return true;
  } catch {
    return false;
  }
}

function urlMessage(schemes: readonly string[]): string {
  const start = schemes.map((scheme) => `${scheme}://`).join(' or ');
  return `must be a URL that starts with ${start} and names a host, with special characters of a password percent-encoded`;
}

/** Scheme, host and port as a browser sends them in `Origin`; `*` is refused because answers may carry credentials. */
function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.origin === value;
}

function isPort(value: unknown): boolean {
  return typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535;
}

function isAddressRange(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
