import { join } from 'node:path';
import type { Type } from 'protobufjs';
import { projectRoot } from '../config/index.js';
import { messageCodec } from './codec.js';
import { CodecError } from './codec-error.js';
import { loadProtoRoot, protoFiles } from './proto-root.js';

const directory = join(projectRoot(), 'test', 'support', 'proto');
const root = loadProtoRoot(protoFiles(directory), directory);
const everything: Type = root.lookupType('arcana.test.v1.Everything');
const codec = messageCodec(everything);

/** What every decoded message has, because proto3 cannot tell these from their defaults. */
const DEFAULTS = {
  text: '',
  number: 0,
  natural: 0,
  big: 0,
  big_natural: 0,
  signed_big: 0,
  real: 0,
  flag: false,
  data: Buffer.alloc(0),
  colours: [],
  texts: [],
  counts: {},
  painted: {},
  inners: [],
  moments: [],
  small_real: 0,
};

const roundTrip = (value: object): object => codec.decode(codec.encode(value));
/** Bytes of a message written by protobufjs directly, as a foreign peer would. */
const foreign = (message: object): Buffer => everything.encode(message).finish() as Buffer;
const fails = (value: object): string => {
  try {
    codec.encode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return (error as Error).message;
  }
  throw new Error('it was encoded');
};

describe('the codec between protobuf and plain objects', () => {
  it('leaves absent fields out and keeps defaults that proto3 cannot tell from absence', () => {
    expect(codec.decode(Buffer.alloc(0))).toEqual(DEFAULTS);
  });

  it('encodes null and undefined as absent', () => {
    expect(codec.encode({ text: null, maybe_text: undefined, at: null, inner: null })).toHaveLength(0);
  });

  it('tells an optional field that is empty from one that is absent', () => {
    const bytes = codec.encode({ maybe_text: '', maybe_number: 0, maybe_flag: false });
    expect(codec.decode(bytes)).toEqual({ ...DEFAULTS, maybe_text: '', maybe_number: 0, maybe_flag: false });
  });

  it('tells which member of a oneof is set', () => {
    expect(roundTrip({ right: 0 })).toEqual({ ...DEFAULTS, right: 0 });
    expect(roundTrip({ left: 'x' })).toEqual({ ...DEFAULTS, left: 'x' });
  });

  it('makes an empty message of nothing where the message has no fields, and only there', () => {
    expect(messageCodec(root.lookupType('arcana.test.v1.NeverResponse')).encode(undefined)).toHaveLength(0);
    expect(() => codec.encode(undefined)).toThrow('an object was expected, not a value of type undefined');
    expect(() => codec.encode(null)).toThrow(CodecError);
    expect(() => codec.encode([])).toThrow(CodecError);
  });

  it('ignores properties that the message does not have', () => {
    expect(roundTrip({ text: 'a', password_hash: 'secret' })).toEqual({ ...DEFAULTS, text: 'a' });
  });

  it('ignores fields that a newer peer knows', () => {
    expect(codec.decode(Buffer.from([0xfa, 0x7f, 0x03, 0x61, 0x62, 0x63]))).toEqual(DEFAULTS);
  });

  it('encodes instances of classes as it does plain objects', () => {
    class Dto {
      text = 'a';
      at = new Date(0);
    }
    expect(roundTrip(new Dto())).toEqual({ ...DEFAULTS, text: 'a', at: '1970-01-01T00:00:00.000Z' });
  });

  it('refuses bytes that are no message', () => {
    expect(() => codec.decode(Buffer.from([0x0a, 0xff, 0x01]))).toThrow();
    expect(() => codec.decode(Buffer.from([0x0a, 0x02, 0xc3, 0x28]))).toThrow();
  });

  describe('enums', () => {
    it('are lower-case words without their prefix, and upper-case ones when they are states', () => {
      expect(
        roundTrip({ colour: 'dark_blue', light: 'SHORT_CIRCUIT', colours: ['red'], painted: { a: 'red' } }),
      ).toEqual({
        ...DEFAULTS,
        colour: 'dark_blue',
        light: 'SHORT_CIRCUIT',
        colours: ['red'],
        painted: { a: 'red' },
      });
    });

    it('are absent when unspecified', () => {
      expect(codec.decode(foreign({ colour: 0, light: 0 }))).toEqual(DEFAULTS);
    });

    it('keep an unknown number as text, for validation to refuse', () => {
      expect(codec.decode(foreign({ colour: 77, colours: [1, 99, 0] }))).toEqual({
        ...DEFAULTS,
        colour: '77',
        colours: ['red', '99', '0'],
      });
    });

    it('cannot be encoded from an unknown word', () => {
      expect(fails({ colour: 'green' })).toBe(
        'arcana.test.v1.Everything.colour cannot be encoded: a value of type string is not one of red, dark_blue.',
      );
    });
  });

  describe('times', () => {
    it('are RFC 3339 texts with milliseconds, from a Date as from a text', () => {
      const text = '2026-02-28T23:59:59.987Z';
      expect(roundTrip({ at: new Date(text) })).toEqual({ ...DEFAULTS, at: text });
      expect(roundTrip({ at: '2026-03-01T01:59:59.987+02:00', moments: [text] })).toEqual({
        ...DEFAULTS,
        at: text,
        moments: [text],
      });
    });

    it('before 1970 keep their milliseconds', () => {
      expect(roundTrip({ at: new Date(-1) })).toEqual({ ...DEFAULTS, at: '1969-12-31T23:59:59.999Z' });
      const { seconds, nanos } = (
        everything.decode(codec.encode({ at: new Date(-1) })) as unknown as {
          at: { seconds: { toNumber(): number }; nanos: number };
        }
      ).at;
      expect([seconds.toNumber(), nanos]).toEqual([-1, 999_000_000]);
    });

    it.each([
      ['a year after 9999', { seconds: 253_402_300_800, nanos: 0 }],
      ['a year before 1', { seconds: -62_135_596_801, nanos: 0 }],
      ['too many nanoseconds', { seconds: 0, nanos: 1_000_000_000 }],
      ['negative nanoseconds', { seconds: 0, nanos: -1 }],
    ])('with %s decode to what no Date can be made of', (_name, at) => {
      const decoded = codec.decode(foreign({ at })).at as string;
      expect(new Date(decoded).getTime()).toBeNaN();
    });

    it.each([new Date(NaN), 'yesterday', '2026-02-28', 1_700_000_000, new Date(8.64e15)])(
      'cannot be encoded from %p',
      (at) => {
        expect(fails({ at })).toContain('arcana.test.v1.Everything.at cannot be encoded');
      },
    );
  });

  describe('durations', () => {
    it.each([0, 900, 0.25, -1.5, 1e-9, 0.9999999999])('of %p s are numbers of seconds', (lasts) => {
      expect((roundTrip({ lasts }) as { lasts: number }).lasts).toBeCloseTo(lasts, 9);
    });

    it('out of bounds decode to NaN, for validation to refuse', () => {
      expect(codec.decode(foreign({ lasts: { seconds: 315_576_000_001, nanos: 0 } })).lasts).toBeNaN();
      expect(codec.decode(foreign({ lasts: { seconds: 1, nanos: -1 } })).lasts).toBeNaN();
      expect(fails({ lasts: Infinity })).toContain('lasts cannot be encoded');
      expect(fails({ lasts: '900s' })).toContain('lasts cannot be encoded');
    });
  });

  describe('64-bit integers', () => {
    it('are numbers while JavaScript has them exactly', () => {
      const safe = { big: Number.MIN_SAFE_INTEGER, big_natural: Number.MAX_SAFE_INTEGER, signed_big: -5 };
      expect(roundTrip(safe)).toEqual({ ...DEFAULTS, ...safe });
    });

    it('beyond that are kept as text, for validation to refuse', () => {
      const bytes = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
      expect(codec.decode(bytes).big).toBe('9223372036854775807');
      expect(fails({ big: 2 ** 53 })).toContain('big cannot be encoded: an integer from');
      expect(fails({ big: 5n })).toContain('big cannot be encoded');
    });
  });

  it.each<[string, object]>([
    ['text', { text: 5 }],
    ['number', { number: 1.5 }],
    ['number', { number: 2 ** 31 }],
    ['natural', { natural: -1 }],
    ['real', { real: '1' }],
    ['flag', { flag: 'true' }],
    ['data', { data: 'YQ==' }],
    ['texts', { texts: 'a' }],
    ['counts', { counts: [1] }],
    ['inner', { inner: 'a' }],
    ['mask', { mask: 'name' }],
    ['object', { object: [] }],
    ['inner.inner.number', { inner: { inner: { number: 'x' } } }],
  ])('refuses to encode %s from a value of another kind', (path, value) => {
    expect(fails(value)).toContain(`arcana.test.v1.Everything.${path.split('.').pop()} cannot be encoded`);
  });

  it('never shows the refused value in the error', () => {
    expect(fails({ number: 'hunter2' })).not.toContain('hunter2');
    expect(fails({ colour: 'hunter2' })).not.toContain('hunter2');
  });

  it('turns a lone surrogate into the replacement character, which every peer can read', () => {
    expect(roundTrip({ text: 'a\ud800b', object: { 'k\udc00': '\ud800' } })).toEqual({
      ...DEFAULTS,
      text: 'a\ufffdb',
      object: { 'k\ufffd': '\ufffd' },
    });
  });

  it('carries wrappers as bare values, field masks as lists and bytes as Buffers', () => {
    const value = { wrapped: '', mask: ['name', 'avatar_url'], data: Buffer.from([0, 255]) };
    expect(roundTrip(value)).toEqual({ ...DEFAULTS, ...value });
    expect(roundTrip({ mask: [] })).toEqual({ ...DEFAULTS, mask: [] });
  });

  describe('JSON', () => {
    const carried = (object: unknown): unknown => (roundTrip({ object }) as { object: unknown }).object;

    it('keeps its structure', () => {
      const json = { a: null, b: [1, 'x', [true, {}], []], c: { d: -1.5e300 }, '': '' };
      expect(carried(json)).toEqual(json);
    });

    it('loses what JSON.stringify loses, in the same way', () => {
      const odd = {
        nan: NaN,
        inf: -Infinity,
        gone: undefined,
        f: () => 1,
        list: [undefined, NaN],
        when: new Date(0),
      };
      expect(carried(odd)).toEqual(JSON.parse(JSON.stringify(odd)));
    });

    it('reads a NaN of a foreign peer as null', () => {
      const value = { fields: { a: { numberValue: NaN }, b: {} } };
      expect(codec.decode(foreign({ object: value })).object).toEqual({ a: null, b: null });
    });

    it('treats __proto__ as data', () => {
      const hostile = JSON.parse(
        '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
      ) as object;
      const decoded = carried(hostile) as object;
      expect(Object.keys(decoded)).toEqual(['__proto__', 'constructor']);
      expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    });

    it('treats __proto__ as data in maps too', () => {
      const counts = JSON.parse('{"__proto__":1}') as object;
      const decoded = (roundTrip({ counts }) as { counts: object }).counts;
      expect(Object.keys(decoded)).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    });

    it('carries a Value of any kind', () => {
      for (const any_json of ['x', 1, false, [1, [2]], { a: 1 }]) {
        expect(roundTrip({ any_json })).toEqual({ ...DEFAULTS, any_json });
      }
    });

    it('refuses a cycle, a BigInt and an invalid Date', () => {
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      expect(fails({ object: cycle })).toContain('nested deeper than 45 levels');
      expect(fails({ object: { n: 1n } })).toContain('has no form in JSON');
      expect(fails({ object: { d: new Date(NaN) } })).toContain('invalid Date');
    });

    it('can be read again at the greatest depth that is written', () => {
      const nested = (depth: number): object => (depth === 1 ? {} : { a: nested(depth - 1) });
      expect(carried(nested(45))).toEqual(nested(45));
    });

    it('nested without end is refused, and not by running out of stack', () => {
      // {a: {a: ...}} 1,000 deep, built from the inside out.
      let bytes: Buffer = Buffer.alloc(0);
      const field = (tag: number, content: Buffer): Buffer => {
        const length: number[] = [];
        for (let rest = content.length; ; rest >>>= 7) {
          length.push(rest > 127 ? (rest & 127) | 128 : rest);
          if (rest <= 127) break;
        }
        return Buffer.concat([Buffer.from([tag, ...length]), content]);
      };
      for (let depth = 0; depth < 1_000; depth++) {
        const value = field(0x2a, bytes);
        bytes = field(0x0a, Buffer.concat([Buffer.from([0x0a, 0x01, 0x61]), field(0x12, value)]));
      }
      const message = Buffer.concat([Buffer.from([0xaa, 0x01]), field(0, bytes).subarray(1)]);
      expect(() => codec.decode(message)).toThrow('max depth exceeded');
    });
  });
});

describe('round trips', () => {
  /** A small generator of its own: the seed stands in the title, so that a failure can be repeated. */
  const generator = (seed: number) => {
    let state = seed;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const pick = <T>(...values: T[]): T => values[next(values.length)]!;
    const text = (): string =>
      pick('', 'a', 'ß€😀', '\0', '__proto__', 'constructor', `${next(1e6)}`, 'x'.repeat(200));
    const time = (): string => new Date(next(4e9) * 1000 + next(1000) - 1e12).toISOString();
    const json = (depth: number): unknown =>
      pick<() => unknown>(
        text,
        () => next(1e9) / 1000 - 1e5,
        () => pick(true, false, null),
        () => (depth > 3 ? null : Array.from({ length: next(4) }, () => json(depth + 1))),
        () => (depth > 3 ? {} : jsonObject(depth + 1)),
      )();
    const jsonObject = (depth: number): object => {
      const entries = Array.from(
        { length: next(4) },
        () => [JSON.stringify(text()), JSON.stringify(json(depth))] as const,
      );
      return JSON.parse(`{${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`) as object;
    };
    const some = (chance: number, entry: () => object): object => (next(chance) === 0 ? entry() : {});
    const value = (depth: number): object => ({
      ...DEFAULTS,
      ...some(2, () => ({ text: text() })),
      ...some(2, () => ({ maybe_text: text() })),
      ...some(2, () => ({ number: pick(0, -1, 2 ** 31 - 1, -(2 ** 31)) })),
      ...some(2, () => ({ maybe_number: pick(0, 7) })),
      ...some(2, () => ({ natural: pick(0, 2 ** 32 - 1) })),
      ...some(2, () => ({ big: pick(0, -1, 2 ** 32, -(2 ** 40), Number.MAX_SAFE_INTEGER) })),
      ...some(2, () => ({ signed_big: pick(0, Number.MIN_SAFE_INTEGER, 3) })),
      ...some(2, () => ({ real: pick(0.1, -1e-300, Infinity, 5) })),
      ...some(2, () => ({ small_real: pick(0.5, -2) })),
      ...some(2, () => ({ flag: true, maybe_flag: pick(true, false) })),
      ...some(2, () => ({ data: Buffer.from(text()) })),
      ...some(2, () => ({ colour: pick('red', 'dark_blue'), light: pick('ON', 'SHORT_CIRCUIT') })),
      ...some(2, () => ({ colours: [pick('red', 'dark_blue'), 'red'], texts: [text(), text()] })),
      ...some(2, () => ({
        counts: JSON.parse(`{${JSON.stringify(text())}:${next(9)}}`) as object,
        painted: { a: 'red' },
      })),
      ...some(2, () => ({ at: time(), moments: [time(), time()] })),
      ...some(2, () => ({ lasts: next(1e6) })),
      ...some(2, () => ({ object: jsonObject(0), any_json: pick<unknown>('x', 3, true) })),
      ...some(2, () => ({ mask: [text(), 'name'], wrapped: text() })),
      ...some(2, () => pick<object>({ left: text() }, { right: next(9) })),
      ...(depth > 1
        ? {}
        : some(3, () => ({ inner: value(depth + 1), inners: [value(depth + 1), value(depth + 1)] }))),
    });
    return value;
  };

  it.each(Array.from({ length: 60 }, (_, index) => index + 1))('keep every message of seed %i', (seed) => {
    const value = generator(seed)(0);
    const bytes = codec.encode(value);
    expect(codec.decode(bytes)).toEqual(value);
    expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
  });
});
