import { Transform, Type } from 'class-transformer';
import { isEmail, ValidateBy, type ValidationOptions } from 'class-validator';

/** Longest display name, in code points. */
export const MAX_NAME_LENGTH = 100;
/** Longest address that SMTP can carry (RFC 5321, section 4.5.3.1.3, as corrected by erratum 1690). */
export const MAX_EMAIL_LENGTH = 254;
/** Largest metadata, in bytes of its JSON. */
export const MAX_METADATA_BYTES = 16_384;
/** Objects and arrays inside one another, the outermost included. */
export const MAX_METADATA_DEPTH = 32;

// Control characters and line separators break log lines, mail headers and terminals; lone surrogates are no text.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
// Embeddings, overrides and isolates turn the text around them: what is shown is not what is stored (Unicode TR 36, 3.3).
const TURNS_TEXT = /[\u202a-\u202e\u2066-\u2069]/;
// Joiners and marks alone would show as nothing at all.
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
// ASCII without space, quotes, commas, brackets: what would need quoting in a mail header is refused.
const PLAIN_ADDRESS = /^[!#-'*+\-./0-9=?A-Z^-~]+@[A-Za-z0-9.-]+$/;

const rule = (
  name: string,
  validate: (value: unknown) => boolean,
  message: string,
  options?: ValidationOptions,
) => ValidateBy({ name, validator: { validate, defaultMessage: () => message } }, options);

/**
 * UTF-16 units of a text that is composed; what is longer is too long for any field however it is written. Composing
 * takes the square of the marks on one letter: those of a megabyte would stop the process for minutes.
 */
const MAX_COMPOSED = 2_048;

/**
 * Cuts surrounding white space and composes characters (NFC), so that equal names are equal bytes. What is far too long
 * stays as it is, for the rule that follows to refuse.
 */
export const tidy = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text.length > MAX_COMPOSED ? text : text.normalize('NFC');
};

/** Whether `value` is text of 1 to `max` code points that shows on one line, and shows as what it is. */
export const isPrintable = (value: unknown, max: number): boolean =>
  typeof value === 'string' &&
  value.length <= 2 * max &&
  [...value].length <= max &&
  VISIBLE.test(value) &&
  !UNPRINTABLE.test(value) &&
  !TURNS_TEXT.test(value);

/**
 * Whether `value` is an address we write mail to. ASCII alone: a domain in another script is given in punycode
 * (`xn--...`), so that no two addresses look alike, and comparing without regard to case needs no locale.
 */
export const isEmailAddress = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length <= MAX_EMAIL_LENGTH &&
  PLAIN_ADDRESS.test(value) &&
  isEmail(value);

/** The form under which addresses are compared; `lower(email COLLATE "C")` in the database is the same. */
export const emailKey = (email: string): string => email.trim().toLowerCase();

/** A name to show: 1 to 100 code points, no control characters. Tidied first. */
export function IsDisplayName(max = MAX_NAME_LENGTH): PropertyDecorator {
  return (target, property) => {
    Transform(({ value }) => tidy(value))(target, property);
    const message = `${String(property)} must be 1 to ${max} characters long, without control characters`;
    rule('isDisplayName', (value) => isPrintable(value, max), message)(target, property);
  };
}

/** An e-mail address. Tidied first; its case is kept as typed. */
export function IsEmailAddress(): PropertyDecorator {
  return (target, property) => {
    Transform(({ value }) => tidy(value))(target, property);
    const message = `${String(property)} must be an e-mail address in ASCII characters`;
    rule('isEmail', isEmailAddress, message)(target, property);
  };
}

/** A picture's address: https alone, because pages show it. */
export function IsPictureUrl(): PropertyDecorator {
  return (target, property) =>
    rule(
      'isPictureUrl',
      isHttpsUrl,
      `${String(property)} must be an https:// URL of at most 2,048 characters`,
    )(target, property);
}

function isHttpsUrl(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 2048 || /[^!-~]/.test(value) || !URL.canParse(value))
    return false;
  const url = new URL(value);
  return url.protocol === 'https:' && url.username === '' && url.password === '';
}

/** A JSON object of at most 16 KiB and 32 levels whose text PostgreSQL can store. */
export function IsMetadata(): PropertyDecorator {
  return (target, property) => {
    // The object as it came. class-transformer would walk into it, drop a key named `constructor` and fail on its value;
    // what it takes for a flag it does not walk into.
    Type(() => Boolean)(target, property);
    Transform(({ obj, key }) => (obj as Record<string, unknown>)[key])(target, property);
    const message = `${String(property)} must be a JSON object of at most ${MAX_METADATA_BYTES} bytes and ${MAX_METADATA_DEPTH} levels, without NUL characters and __proto__ keys`;
    rule('isMetadata', isMetadata, message)(target, property);
  };
}

const isMetadata = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  isStorable(value, 1) &&
  Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES;

/** jsonb takes neither NUL nor lone surrogates; the depth is checked on the way, before anything else walks the value. */
function isStorable(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return isStorableText(value);
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
      return true;
    case 'object':
      if (value === null) return true;
      if (depth > MAX_METADATA_DEPTH) return false;
      if (Array.isArray(value)) return value.every((item) => isStorable(item, depth + 1));
      return Object.entries(value).every(
        ([key, member]) => key !== '__proto__' && isStorableText(key) && isStorable(member, depth + 1),
      );
    default:
      return false;
  }
}

const isStorableText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
