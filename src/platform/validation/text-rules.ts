import { ValidateBy } from 'class-validator';

/** What is safe in a header and a log line, because a correlation id ends up in both. */
const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const WORDS = /^[^\u0000-\u001f\u007f]+$/;

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
