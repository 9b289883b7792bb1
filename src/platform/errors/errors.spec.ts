import { IsEmail, IsString, ValidateNested, validateSync } from 'class-validator';
import { plainToInstance, Type } from 'class-transformer';
import { AppError } from './app-error.js';
import { CATALOGUE, isErrorCode, type ErrorCode } from './catalogue.js';
import { defineReason, knownReasons } from './reason.js';
import { validationFailed } from './validation-error.js';

describe('the error catalogue', () => {
  it('answers each code with an HTTP status of an error', () => {
    for (const entry of Object.values(CATALOGUE)) {
      expect(entry.http).toBeGreaterThanOrEqual(400);
      expect(entry.message).toMatch(/\.$/);
    }
  });

  it('knows its codes and nothing that every object has', () => {
    expect(isErrorCode('NOT_FOUND')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isErrorCode(404)).toBe(false);
  });
});

describe('an error across processes', () => {
  it('is rebuilt from code and parameters', () => {
    const error = new AppError('METHOD_NOT_ALLOWED', {
      message: 'No.',
      allow: ['GET'],
      retryAfterSeconds: 2,
      rateLimit: { policy: 'sign-in', limit: 3, window_seconds: 60 },
      grpc: 'ABORTED',
      cause: new Error('x'),
    });
    const rebuilt = AppError.fromWire(JSON.parse(JSON.stringify(error.toWire())));
    expect(rebuilt).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      message: 'No.',
      allow: ['GET'],
      retryAfterSeconds: 2,
      rateLimit: { policy: 'sign-in', limit: 3, window_seconds: 60 },
      grpcStatus: 'ABORTED',
    });
    expect(rebuilt.cause).toBeUndefined();
  });

  it('is an INTERNAL_ERROR when its code is unknown here', () => {
    expect(AppError.fromWire({ code: 'NEXT_RELEASE' as ErrorCode, message: 'x' }).code).toBe(
      'INTERNAL_ERROR',
    );
  });
});

describe('a reason', () => {
  const TAKEN = defineReason({ reason: 'SPEC_TAKEN', under: 'CONFLICT', field: 'email', message: 'Taken.' });

  it('becomes an error under its code', () => {
    expect(TAKEN.error()).toMatchObject({
      code: 'CONFLICT',
      message: 'Taken.',
      fields: [{ field: 'email', code: 'SPEC_TAKEN', message: 'Taken.' }],
    });
  });

  it('recognises its errors, and no others', () => {
    expect(TAKEN.matches(AppError.fromWire(TAKEN.error().toWire()))).toBe(true);
    expect(TAKEN.matches(new AppError('CONFLICT'))).toBe(false);
    expect(TAKEN.matches(new Error('SPEC_TAKEN'))).toBe(false);
  });

  it('is listed, and its name is taken for good', () => {
    expect(knownReasons()).toContain(TAKEN);
    expect(() => defineReason(TAKEN.definition)).toThrow('The error reason SPEC_TAKEN is declared twice.');
  });
});

describe('a failed validation', () => {
  class Inner {
    @IsEmail()
    to: string;
  }

  class Outer {
    @IsString()
    name: string;

    @ValidateNested({ each: true })
    @Type(() => Inner)
    list: Inner[];
  }

  it('names every field with its path, its code and a sentence', () => {
    const value = plainToInstance(Outer, {
      name: 1,
      list: [{ to: 'a@example.test' }, { to: 'x' }],
      extra: true,
    });
    const error = validationFailed(validateSync(value, { whitelist: true, forbidNonWhitelisted: true }));
    expect(error.code).toBe('VALIDATION_FAILED');
    expect(error.fields).toEqual(
      expect.arrayContaining([
        { field: 'name', code: 'IS_STRING', message: 'name must be a string' },
        { field: 'list.1.to', code: 'IS_EMAIL', message: 'to must be an email' },
        { field: 'extra', code: 'UNKNOWN_FIELD', message: 'extra is not a known field' },
      ]),
    );
    expect(error.fields).toHaveLength(3);
  });

  it('tells only the beginning of a long name: an answer is not larger than what it answers', () => {
    const error = validationFailed(
      validateSync(Object.assign(new Outer(), { name: 'a', list: [], ['x'.repeat(100_000)]: 1 }), {
        whitelist: true,
        forbidNonWhitelisted: true,
      }),
    );
    expect(error.fields.map(({ code }) => code)).toEqual(['UNKNOWN_FIELD']);
    expect(JSON.stringify(error.fields).length).toBeLessThan(1_000);
  });

  it('names the first 100 broken fields, in their order', () => {
    const list = Array.from({ length: 150 }, () => ({ to: 'x' }));
    const error = validationFailed(validateSync(plainToInstance(Outer, { name: 'a', list })));
    expect(error.fields.map(({ field }) => field)).toEqual(
      Array.from({ length: 100 }, (_, index) => `list.${index}.to`),
    );
  });
});
