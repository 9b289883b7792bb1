import { CodecError, kindOf } from './codec-error.js';

/** google.protobuf.Value as protobufjs reads it; `kind` names the member that is set. */
interface RawValue {
  kind?: 'nullValue' | 'numberValue' | 'stringValue' | 'boolValue' | 'structValue' | 'listValue';
  numberValue: number;
  stringValue: string;
  boolValue: boolean;
  structValue: RawStruct;
  listValue: RawList;
}
interface RawStruct {
  fields: Record<string, RawValue>;
}
interface RawList {
  values: RawValue[];
}

/**
 * Objects and arrays inside one another. Each level costs two protobuf messages, and every implementation of protobuf
 * stops at 100 of those, so deeper data could not be read by its receiver. The same bound ends a cycle.
 */
const MAX_DEPTH = 45;

/** As JSON.parse does: a key named `__proto__` is data and never touches the prototype. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** Struct -> plain JSON object. JSON knows no NaN and no infinity: they become null, as in JSON.stringify. */
export function decodeStruct(raw: unknown): Record<string, unknown> {
  const { fields } = raw as RawStruct;
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) setOwn(object, key, decodeValue(fields[key]));
  return object;
}

/** ListValue -> array of JSON values. */
export const decodeList = (raw: unknown): unknown[] => (raw as RawList).values.map(decodeValue);

/** Value -> JSON value; one with no member set is null. */
export function decodeValue(raw: unknown): unknown {
  const value = raw as RawValue;
  switch (value.kind) {
    case 'stringValue':
      return value.stringValue;
    case 'numberValue':
      return Number.isFinite(value.numberValue) ? value.numberValue : null;
    case 'boolValue':
      return value.boolValue;
    case 'structValue':
      return decodeStruct(value.structValue);
    case 'listValue':
      return decodeList(value.listValue);
    default:
      return null;
  }
}

/** Plain object -> Struct. Members that JSON would leave out (undefined, functions) are left out. */
export const encodeStruct = (value: unknown, where: string): unknown => struct(value, where, 1);

/** Array -> ListValue. */
export const encodeList = (value: unknown, where: string): unknown => list(value, where, 1);

/** JSON value -> Value. */
export const encodeValue = (value: unknown, where: string): unknown => jsonValue(value, where, 0);

function struct(value: unknown, where: string, depth: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    throw new CodecError(where, `a plain object was expected, not ${kindOf(value)}`);
  }
  checkDepth(where, depth);
  const fields: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (isJson(member)) setOwn(fields, key.toWellFormed(), jsonValue(member, where, depth));
  }
  return { fields };
}

function list(value: unknown, where: string, depth: number): unknown {
  if (!Array.isArray(value)) throw new CodecError(where, `an array was expected, not ${kindOf(value)}`);
  checkDepth(where, depth);
  return { values: value.map((item) => jsonValue(isJson(item) ? item : null, where, depth)) };
}

function jsonValue(value: unknown, where: string, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return { stringValue: value.toWellFormed() };
    case 'number':
      return Number.isFinite(value) ? { numberValue: value } : { nullValue: 0 };
    case 'boolean':
      return { boolValue: value };
    case 'object':
      if (value === null) return { nullValue: 0 };
      if (value instanceof Date) return { stringValue: isoText(value, where) };
      return Array.isArray(value)
        ? { listValue: list(value, where, depth + 1) }
        : { structValue: struct(value, where, depth + 1) };
    default:
      throw new CodecError(where, `${kindOf(value)} has no form in JSON`);
  }
}

function isoText(value: Date, where: string): string {
  if (Number.isNaN(value.getTime())) throw new CodecError(where, 'it holds an invalid Date');
  return value.toISOString();
}

const isJson = (value: unknown): boolean =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';

function checkDepth(where: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new CodecError(where, `it is nested deeper than ${MAX_DEPTH} levels`);
}
