import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Digits, Rfc3339, Uuid } from './text-forms.js';

class Query {
  @Digits()
  size?: unknown;

  @Rfc3339()
  after?: unknown;

  @Uuid()
  id?: unknown;
}

const read = (plain: object): Query => plainToInstance(Query, plain);

describe('text of a query', () => {
  it.each([
    ['0', 0],
    ['25', 25],
    ['007', 7],
    ['999999999', 999_999_999],
  ])('becomes a number where it is digits: %s', (text, number) => {
    expect(read({ size: text }).size).toBe(number);
  });

  it.each(['', ' 1', '1.5', '-1', '0x10', '1e3', 'NaN', '1000000000', ['1'], null])(
    'stays what it is where it is no digits: %j',
    (value) => {
      expect(read({ size: value }).size).toEqual(value);
    },
  );

  it.each([
    ['2026-11-21T14:30:00Z', '2026-11-21T14:30:00.000Z'],
    ['2026-11-21t14:30:00.123456789+01:30', '2026-11-21T13:00:00.123Z'],
  ])('becomes a time where it is RFC 3339: %s', (text, time) => {
    expect(read({ after: text }).after).toEqual(new Date(time));
  });

  it.each(['', 'today', '2026-11-21', '2026-11-21T14:30:00', '21 Nov 2026 14:30:00 GMT', 1, null])(
    'stays what it is where it is no RFC 3339: %j',
    (value) => {
      expect(read({ after: value }).after).toEqual(value);
    },
  );

  it('is refused where it is no time, in words for whoever wrote it', () => {
    const [error] = validateSync(read({ size: 1, after: 'yesterday', id: '' }));
    expect(error?.constraints).toEqual({
      isDate: 'after must be a time as in RFC 3339, for example 2026-01-31T12:00:00Z',
    });
  });

  it('is in small letters where it is a UUID, and stays what it is where it is none', () => {
    const id = '01980C5E-7D5A-7C3E-9B1A-3F2D1C0B9A87';
    expect(read({ id }).id).toBe(id.toLowerCase());
    for (const other of ['', 'ABC', `${id}A`, `{${id}}`, 1, null, [id]]) {
      expect(read({ id: other }).id).toEqual(other);
    }
  });
});
