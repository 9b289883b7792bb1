import { describe, expect, test } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ListUsersQuery } from './list-users.dto.js';

const read = (plain: object) => plainToInstance(ListUsersQuery, plain);
const broken = (plain: object) =>
  validateSync(read(plain)).flatMap(({ constraints }) => Object.keys(constraints ?? {}));

describe('the query of a list', () => {
  test('has defaults', () => {
    expect(read({})).toMatchObject({ page: 0, size: 10, sort: 'created_at', order: 'desc' });
    expect(broken({})).toEqual([]);
  });

  test('takes numbers and times as text and as values', () => {
    const text = read({ page: '2', size: '50', created_after: '2026-01-01T12:00:00+02:00' });
    expect(text).toMatchObject({ page: 2, size: 50, created_after: new Date('2026-01-01T10:00:00Z') });
    const values = { page: 2, size: 50, created_before: new Date('2026-01-01T10:00:00Z') };
    expect(read(values)).toMatchObject(values);
    expect(broken(values)).toEqual([]);
  });

  test.each([
    [{ page: '-1' }, 'isInt'],
    [{ page: '1.5' }, 'isInt'],
    [{ page: '' }, 'isInt'],
    [{ page: '0x10' }, 'isInt'],
    [{ page: ['1', '2'] }, 'isInt'],
    [{ page: '10001' }, 'pageTooDeep'],
    [{ page: '1001', size: '100' }, 'pageTooDeep'],
    [{ page: '999999999999' }, 'isInt'],
    [{ size: '0' }, 'min'],
    [{ size: '101' }, 'max'],
    [{ sort: 'password_hash' }, 'isIn'],
    [{ sort: 'name; DROP TABLE users' }, 'isIn'],
    [{ order: 'sideways' }, 'isIn'],
    [{ role: 'root' }, 'isIn'],
    [{ status: 'gone' }, 'isIn'],
    [{ search: 'a\0b' }, 'isSearchText'],
    [{ search: 'a'.repeat(101) }, 'isSearchText'],
    [{ search: ['a'] }, 'isSearchText'],
    [{ created_after: 'yesterday' }, 'isDate'],
    [{ created_after: '1' }, 'isDate'],
    [{ created_before: '2026-13-01T00:00:00Z' }, 'isDate'],
  ])('refuses %j', (plain, rule) => expect(broken(plain)).toContain(rule));

  test.each(['NaN', '', '0', '101', '1e3'])('blames a wrong size alone: %j', (size) => {
    const errors = validateSync(read({ page: '10000', size }));
    expect(errors.map(({ property }) => property)).toEqual(['size']);
  });

  test('reaches the deepest page and not one more', () => {
    expect(broken({ page: '1000', size: '100' })).toEqual([]);
    expect(broken({ page: '10000', size: '10' })).toEqual([]);
  });

  test('takes an empty search for none', () => expect(broken({ search: '' })).toEqual([]));
});
