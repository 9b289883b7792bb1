import type { ValueCodec } from './value-codec.js';
import { CodecError, kindOf } from './codec-error.js';
import {
  decodeList,
  decodeStruct,
  decodeValue,
  encodeList,
  encodeStruct,
  encodeValue,
} from './struct-codec.js';
import { SCALARS } from './scalar-codec.js';

/** Bounds of google.protobuf.Timestamp: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds since 1970. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;
/** Bound of google.protobuf.Duration: about 10,000 years, in seconds. */
const MAX_DURATION_SECONDS = 315_576_000_000;

// Holds no digit, because `new Date` finds a date in almost any text that has one.
const INVALID_TIMESTAMP = 'invalid timestamp';
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

interface SecondsAndNanos {
  seconds: number | { toNumber(): number };
  nanos: number;
}

const secondsOf = (raw: SecondsAndNanos): number =>
  typeof raw.seconds === 'number' ? raw.seconds : raw.seconds.toNumber();

/** Timestamp <-> RFC 3339 text in UTC with milliseconds; finer digits are cut. A Date is accepted as well. */
const timestamp: ValueCodec = {
  decode: (raw) => {
    const seconds = secondsOf(raw as SecondsAndNanos);
    const { nanos } = raw as SecondsAndNanos;
    if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS && nanos >= 0 && nanos < 1e9))
      return INVALID_TIMESTAMP;
    return new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();
  },
  encode: (value, where) => {
    const millis =
      value instanceof Date
        ? value.getTime()
        : typeof value === 'string' && RFC3339.test(value)
          ? Date.parse(value)
          : NaN;
    const seconds = Math.floor(millis / 1000);
    if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
      throw new CodecError(where, `a Date or an RFC 3339 text was expected, not ${kindOf(value)}`);
    }
    return { seconds, nanos: (millis - seconds * 1000) * 1e6 };
  },
};

/** Duration <-> number of seconds. One out of bounds is NaN, which validation refuses under the field's name. */
const duration: ValueCodec = {
  decode: (raw) => {
    const seconds = secondsOf(raw as SecondsAndNanos);
    const { nanos } = raw as SecondsAndNanos;
    const sane = Math.abs(seconds) <= MAX_DURATION_SECONDS && Math.abs(nanos) < 1e9 && seconds * nanos >= 0;
    return sane ? seconds + nanos / 1e9 : NaN;
  },
  encode: (value, where) => {
    if (typeof value !== 'number' || !(Math.abs(value) <= MAX_DURATION_SECONDS)) {
      throw new CodecError(where, `a number of seconds was expected, not ${kindOf(value)}`);
    }
    const seconds = Math.trunc(value);
    const nanos = Math.round((value - seconds) * 1e9);
    // 0.9999999999 rounds to a whole second, which nanos cannot hold.
    return Math.abs(nanos) === 1e9 ? { seconds: seconds + Math.sign(nanos), nanos: 0 } : { seconds, nanos };
  },
};

/** FieldMask <-> list of paths, spelt as in the .proto file. */
const fieldMask: ValueCodec = {
  decode: (raw) => [...(raw as { paths: string[] }).paths],
  encode: (value, where) => {
    if (!Array.isArray(value) || !value.every((path) => typeof path === 'string')) {
      throw new CodecError(where, `a list of paths was expected, not ${kindOf(value)}`);
    }
    return { paths: value };
  },
};

/** A wrapper message (google.protobuf.StringValue ...) <-> the bare value. */
const wrapper = (scalar: string): ValueCodec => {
  const inner = SCALARS[scalar]!;
  return {
    decode: (raw) => inner.decode((raw as { value: unknown }).value),
    encode: (value, where) => ({ value: inner.encode(value, where) }),
  };
};

/** Codecs of Google's well-known messages that have a natural form in JSON, by full name. */
export const WELL_KNOWN: Readonly<Record<string, ValueCodec>> = {
  '.google.protobuf.Timestamp': timestamp,
  '.google.protobuf.Duration': duration,
  '.google.protobuf.FieldMask': fieldMask,
  '.google.protobuf.Struct': { decode: decodeStruct, encode: encodeStruct },
  '.google.protobuf.Value': { decode: decodeValue, encode: encodeValue },
  '.google.protobuf.ListValue': { decode: decodeList, encode: encodeList },
  '.google.protobuf.BoolValue': wrapper('bool'),
  '.google.protobuf.BytesValue': wrapper('bytes'),
  '.google.protobuf.DoubleValue': wrapper('double'),
  '.google.protobuf.FloatValue': wrapper('float'),
  '.google.protobuf.Int32Value': wrapper('int32'),
  '.google.protobuf.Int64Value': wrapper('int64'),
  '.google.protobuf.StringValue': wrapper('string'),
  '.google.protobuf.UInt32Value': wrapper('uint32'),
  '.google.protobuf.UInt64Value': wrapper('uint64'),
};
