import type { ValueCodec } from './value-codec.js';
import { CodecError, kindOf } from './codec-error.js';

/** Structural view of the 64-bit integers that protobufjs reads. */
interface LongLike {
  toNumber(): number;
  toString(): string;
}

const identity = (raw: unknown): unknown => raw;

const refuse = (where: string, wanted: string, value: unknown): never => {
  throw new CodecError(where, `${wanted} was expected, not ${kindOf(value)}`);
};

const integer = (min: number, max: number): ValueCodec['encode'] => {
  const wanted = `an integer from ${min} to ${max}`;
  return (value, where) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? value
      : refuse(where, wanted, value);
};

const int32: ValueCodec = { decode: identity, encode: integer(-2_147_483_648, 2_147_483_647) };
const uint32: ValueCodec = { decode: identity, encode: integer(0, 4_294_967_295) };

/** A number where JavaScript has it exactly; else decimal text, which validation refuses under the field's name. */
const decode64 = (raw: unknown): unknown => {
  if (typeof raw === 'number') return raw;
  const number = (raw as LongLike).toNumber();
  return Number.isSafeInteger(number) ? number : String(raw);
};
const int64: ValueCodec = {
  decode: decode64,
  encode: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
};
const uint64: ValueCodec = { decode: decode64, encode: integer(0, Number.MAX_SAFE_INTEGER) };

const floating: ValueCodec = {
  decode: identity,
  encode: (value, where) => (typeof value === 'number' ? value : refuse(where, 'a number', value)),
};

/** Codecs of the scalar types of protobuf, by their name in a .proto file. */
export const SCALARS: Readonly<Record<string, ValueCodec>> = {
  string: {
    decode: identity,
    // A lone surrogate would become bytes that are no UTF-8, and a peer in another language refuses the whole message.
    encode: (value, where) =>
      typeof value === 'string' ? value.toWellFormed() : refuse(where, 'a string', value),
  },
  bool: {
    decode: identity,
    encode: (value, where) => (typeof value === 'boolean' ? value : refuse(where, 'a boolean', value)),
  },
  bytes: {
    // Absent bytes come as an empty plain array.
    decode: (raw) => (Buffer.isBuffer(raw) ? raw : Buffer.from(raw as Uint8Array)),
    encode: (value, where) => (value instanceof Uint8Array ? value : refuse(where, 'bytes', value)),
  },
  double: floating,
  float: floating,
  int32,
  sint32: int32,
  sfixed32: int32,
  uint32,
  fixed32: uint32,
  int64,
  sint64: int64,
  sfixed64: int64,
  uint64,
  fixed64: uint64,
};
