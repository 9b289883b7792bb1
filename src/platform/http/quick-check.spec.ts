import {
  Allow,
  IsArray,
  IsDefined,
  IsEmail,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  MinLength,
  ValidateIf,
  ValidateNested,
  validateSync,
} from 'class-validator';
import { isValidAtOnce } from './quick-check.js';

class Simple {
  @IsString()
  @MinLength(2)
  @MaxLength(5)
  text: string;

  @IsOptional()
  @IsInt()
  @Max(9)
  count?: number | null;

  @ValidateIf((object: Simple) => object.count === 7)
  @IsEmail()
  to?: string;

  @Allow()
  free?: unknown;
}

class Derived extends Simple {
  @IsString()
  more: string;
}

class Nested {
  @ValidateNested()
  inside: Simple;
}

class Each {
  @IsArray()
  @IsString({ each: true })
  words: string[];
}

class Grouped {
  @IsString({ groups: ['one'] })
  text: string;
}

class Defined {
  @IsDefined()
  text: string;
}

const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false } as const;

describe('the quick check', () => {
  it.each([
    [{ text: 'abc' }],
    [{ text: 'abc', count: null }],
    [{ text: 'abc', count: 3, free: { deep: [] } }],
    [{ text: 'abc', count: 7, to: 'a@example.test' }],
    [{ text: 'abc', to: 'not looked at' }],
    [{}],
    [{ text: 'a' }],
    [{ text: 'abcdef' }],
    [{ text: 7 }],
    [{ text: null }],
    [{ text: 'abc', count: 10 }],
    [{ text: 'abc', count: '3' }],
    [{ text: 'abc', count: 7 }],
    [{ text: 'abc', unknown: undefined }],
    [{ text: 'abc', unknown: 1 }],
  ])('agrees with class-validator on %j', (members) => {
    const instance = Object.assign(new Simple(), members);
    expect(isValidAtOnce(Simple, instance)).toBe(validateSync(instance, OPTIONS).length === 0);
  });

  it('knows the rules of the classes above', () => {
    expect(isValidAtOnce(Derived, Object.assign(new Derived(), { text: 'abc', more: 'x' }))).toBe(true);
    expect(isValidAtOnce(Derived, Object.assign(new Derived(), { text: 'a', more: 'x' }))).toBe(false);
    expect(isValidAtOnce(Derived, Object.assign(new Derived(), { text: 'abc' }))).toBe(false);
  });

  it('leaves what is not simple to class-validator', () => {
    for (const [type, members] of [
      [Nested, { inside: Object.assign(new Simple(), { text: 'abc' }) }],
      [Each, { words: ['a'] }],
      [Grouped, { text: 'a' }],
      [Defined, { text: 'a' }],
    ] as const) {
      expect(isValidAtOnce(type, Object.assign(new type(), members))).toBe(false);
    }
  });
});
