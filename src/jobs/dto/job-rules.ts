import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
/** What is safe in a header and a log line, because a correlation id ends up in both. */
const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const WORDS = /^[^\u0000-\u001f\u007f]+$/;

/** A time comes as RFC 3339 text; anything else stays what it is, and is refused by the rule that follows. */
export const Rfc3339 = (): PropertyDecorator =>
  Transform(({ value }) =>
    typeof value === 'string' && RFC3339.test(value) ? new Date(value) : (value as unknown),
  );

/** A query parameter is text; only plain digits are taken for a number. */
export const Digits = (): PropertyDecorator =>
  Transform(({ value }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value as unknown),
  );

const rule = (name: string, holds: (value: unknown) => boolean, message: string): PropertyDecorator =>
  ValidateBy({
    name,
    validator: { validate: holds, defaultMessage: ({ property } = {} as never) => `${property} ${message}` },
  });

/** Text to compare with: not empty, no control characters (PostgreSQL refuses NUL), no half of a surrogate pair. */
export const IsWords = (maxLength: number): PropertyDecorator =>
  rule(
    'isWords',
    (value) =>
      typeof value === 'string' && value.length <= maxLength && WORDS.test(value) && value.isWellFormed(),
    `must be text of 1 to ${maxLength} characters without control characters`,
  );

export const IsCorrelationId = (): PropertyDecorator =>
  rule(
    'isCorrelationId',
    (value) => typeof value === 'string' && CORRELATION_ID.test(value),
    'must be 1 to 128 letters, digits, dots, colons, hyphens or underscores',
  );
