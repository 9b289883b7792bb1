import { plainToInstance, Transform, Type } from 'class-transformer';
import { IsString } from 'class-validator';
import { plainInstance } from './plain-class.js';

class Plain {
  @IsString()
  text: string;

  kind = 'default';
}

class Derived extends Plain {
  more?: string | null;
}

class Typed {
  @Type(() => Number)
  page: number;
}

class DerivedFromTyped extends Typed {
  other: string;
}

class Transformed {
  @Transform(({ value }) => String(value).trim())
  text: string;
}

describe('an instance without class-transformer', () => {
  it.each([
    [Plain, { text: 'a' }],
    [Plain, { text: 7, unknown: true, kind: undefined }],
    [Derived, { text: 'a', more: null, bytes: 1n }],
    [Derived, {}],
  ])('of %p from %p is what class-transformer builds', (type, members) => {
    const instance = plainInstance(type, members);
    expect(instance).toBeInstanceOf(type);
    expect(instance).toEqual(plainToInstance(type, members));
  });

  it('is none where a member is declared to be something else, in the class or above it', () => {
    for (const type of [Typed, DerivedFromTyped, Transformed]) {
      expect(plainInstance(type, { text: 'a', page: '1' })).toBeUndefined();
    }
  });

  it('is none where a member has members', () => {
    expect(plainInstance(Plain, { text: 'a', nested: {} })).toBeUndefined();
    expect(plainInstance(Plain, { text: ['a'] })).toBeUndefined();
  });
});
