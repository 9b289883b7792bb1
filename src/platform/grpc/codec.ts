import protobuf from 'protobufjs';
import type { Field, Type } from 'protobufjs';
import { CodecError, kindOf } from './codec-error.js';
import { enumWords, type EnumWords } from './enum-words.js';
import { SCALARS } from './scalar-codec.js';
import { setOwn } from './struct-codec.js';
import type { ValueCodec } from './value-codec.js';
import { WELL_KNOWN } from './well-known-codec.js';

/** Turns one message between its bytes and the plain object that REST and gRPC share. */
export interface MessageCodec {
  /**
   * Bytes -> plain object. Absent fields are left out; a field whose value makes no sense keeps a value that validation
   * refuses under its name. @throws Error only when the bytes are no message of this type
   */
  readonly decode: (bytes: Uint8Array) => Record<string, unknown>;
  /** Plain object or class instance -> bytes; null and undefined are absent, other properties are ignored. @throws CodecError */
  readonly encode: (value: unknown) => Buffer;
}

interface FieldPlan {
  readonly name: string;
  /** The value for the plain object, undefined to leave it out. */
  read(message: Record<string, unknown>): unknown;
  write(value: unknown): unknown;
}

const plans = new WeakMap<Type, FieldPlan[]>();

/**
 * The codec of a message type. What to do with each field is worked out here, once; at run time nothing of the
 * descriptor is looked at any more.
 */
export function messageCodec(type: Type): MessageCodec {
  const codec = messageValue(type);
  const where = type.fullName.slice(1);
  // Handlers of rpcs that answer nothing return nothing.
  const absent = type.fieldsArray.length === 0 ? {} : undefined;
  return {
    decode: (bytes) => {
      const reader = protobuf.Reader.create(bytes);
      reader.discardUnknown = true;
      return codec.decode(type.decode(reader)) as Record<string, unknown>;
    },
    encode: (value) => type.encode(codec.encode(value ?? absent, where) as object).finish() as Buffer,
  };
}

function messageValue(type: Type): ValueCodec {
  const fields = planOf(type);
  return {
    decode: (raw) => {
      const message = raw as Record<string, unknown>;
      const object: Record<string, unknown> = {};
      for (const field of fields) {
        const value = field.read(message);
        if (value !== undefined) object[field.name] = value;
      }
      return object;
    },
    encode: (value, where) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new CodecError(where, `an object was expected, not ${kindOf(value)}`);
      }
      const message: Record<string, unknown> = {};
      for (const field of fields) {
        const member = (value as Record<string, unknown>)[field.name];
        if (member !== undefined && member !== null) message[field.name] = field.write(member);
      }
      return message;
    },
  };
}

/** The plan is known under its type before its fields are planned, so that a message may contain itself. */
function planOf(type: Type): FieldPlan[] {
  let fields = plans.get(type);
  if (fields === undefined) {
    fields = [];
    plans.set(type, fields);
    for (const field of type.fieldsArray) fields.push(planField(field.resolve()));
  }
  return fields;
}

function planField(field: Field): FieldPlan {
  const { name } = field;
  const where = field.fullName.slice(1);
  const words = field.resolvedType instanceof protobuf.Enum ? enumWords(field.resolvedType) : undefined;
  const codec = words === undefined ? codecOf(field) : enumCodec(words);
  if (field instanceof protobuf.MapField) return mapPlan(name, where, codec);
  if (field.repeated) return listPlan(name, where, codec);
  const write = (value: unknown): unknown => codec.encode(value, where);
  // Only members of a oneof (`optional` makes one of its own) and messages can be told apart from their default.
  if (field.partOf !== null || field.resolvedType instanceof protobuf.Type) {
    return {
      name,
      write,
      read: (message) => (Object.hasOwn(message, name) ? codec.decode(message[name]) : undefined),
    };
  }
  return { name, write, read: (message) => codec.decode(message[name]) };
}

/** Elements that are 0 in a list have nothing they could be left out as; they keep the text of their number. */
const enumElement = (value: unknown): unknown => (value === undefined ? '0' : value);

function listPlan(name: string, where: string, codec: ValueCodec): FieldPlan {
  return {
    name,
    read: (message) => (message[name] as unknown[]).map((item) => enumElement(codec.decode(item))),
    write: (value) => {
      if (!Array.isArray(value)) throw new CodecError(where, `an array was expected, not ${kindOf(value)}`);
      return value.map((item) => codec.encode(item, where));
    },
  };
}

function mapPlan(name: string, where: string, codec: ValueCodec): FieldPlan {
  const entries = (source: unknown, convert: (value: unknown) => unknown): Record<string, unknown> => {
    const target: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(source as object)) setOwn(target, key, convert(value));
    return target;
  };
  return {
    name,
    read: (message) => entries(message[name], (value) => enumElement(codec.decode(value))),
    write: (value) => {
      if (typeof value !== 'object' || Array.isArray(value)) {
        throw new CodecError(where, `an object was expected, not ${kindOf(value)}`);
      }
      return entries(value, (item) => codec.encode(item, where));
    },
  };
}

const enumCodec = (words: EnumWords): ValueCodec => ({
  decode: (raw) => words.wordOf(raw as number),
  encode: (value, where) => words.valueOf(value, where),
});

function codecOf(field: Field): ValueCodec {
  const { resolvedType } = field;
  if (resolvedType === null) return SCALARS[field.type]!;
  const message = resolvedType as Type;
  if (message.fullName === '.google.protobuf.Any') {
    throw new Error(`${field.fullName.slice(1)}: google.protobuf.Any has no form in a DTO.`);
  }
  return WELL_KNOWN[message.fullName] ?? messageValue(message);
}
