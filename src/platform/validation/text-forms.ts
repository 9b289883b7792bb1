import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsDate } from 'class-validator';

/** RFC 3339, section 5.6: date, time and offset, the seconds with up to 9 decimals. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const UUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
const DIGITS = /^\d{1,9}$/;

/** Builds from text of a form; anything else stays what it is, and is refused by the rule that follows. */
const fromText = (form: RegExp, build: (text: string) => unknown): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && form.test(value) ? build(value) : value,
  );

/** A query parameter is text; only plain digits, 9 at most, are taken for a number (`''` and `0x10` are not). */
export const Digits = (): PropertyDecorator => fromText(DIGITS, Number);

/** A time comes as RFC 3339 text and becomes a Date; anything else is refused. */
export const Rfc3339 = (): PropertyDecorator =>
  applyDecorators(
    fromText(RFC3339, (text) => new Date(text)),
    IsDate({ message: '$property must be a time as in RFC 3339, for example 2026-01-31T12:00:00Z' }),
  );

/**
 * A UUID may come in capitals (RFC 9562, section 4); it becomes the spelling in which ids are stored, so that what is
 * written down of it by others (events, the audit log) is found by it.
 */
export const Uuid = (): PropertyDecorator => fromText(UUID, (text) => text.toLowerCase());
