import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { EnqueueJob } from './enqueue-job.dto.js';
import { ListJobsQuery } from './list-jobs.dto.js';

const broken = (type: new () => object, plain: object): string[] =>
  validateSync(plainToInstance(type, plain), { whitelist: true, forbidNonWhitelisted: true }).map(
    ({ property }) => property,
  );

describe('ListJobsQuery', () => {
  it('takes every filter as text, as a query string has it', () => {
    const plain = {
      queue: 'emails',
      state: 'DEAD_LETTER',
      type: 'email.welcome',
      name: 'email.welcome',
      tag: 'nightly',
      correlation_id: 'request:1',
      created_after: '2026-01-01T00:00:00Z',
      created_before: '2026-02-01T00:00:00.000+01:00',
      cursor: 'abc',
      size: '100',
    };
    expect(broken(ListJobsQuery, plain)).toEqual([]);
    expect(plainToInstance(ListJobsQuery, plain)).toMatchObject({
      size: 100,
      created_after: new Date('2026-01-01T00:00:00Z'),
    });
  });

  it('asks for ten when not told how many', () => {
    expect(plainToInstance(ListJobsQuery, {}).size).toBe(10);
  });

  it.each([
    ['size', '0'],
    ['size', '101'],
    ['size', '1e1'],
    ['size', ''],
    ['state', 'completed'],
    ['queue', ''],
    ['type', 'a\0b'],
    ['tag', 'x'.repeat(65)],
    ['correlation_id', 'two words'],
    ['created_after', 'yesterday'],
    ['created_before', '2026-13-01T00:00:00Z'],
    ['unknown', 'x'],
  ])('refuses %s=%j', (field, value) => {
    expect(broken(ListJobsQuery, { [field]: value })).toEqual([field]);
  });
});

describe('EnqueueJob', () => {
  it('needs a type and nothing more', () => {
    expect(broken(EnqueueJob, { type: 'queue.prune_records' })).toEqual([]);
    expect(broken(EnqueueJob, {})).toEqual(['type']);
  });

  it.each([
    ['payload', [1]],
    ['payload', 'text'],
    ['priority', 0],
    ['priority', -1],
    ['priority', 'urgent'],
    ['scheduled_at', 5],
    ['scheduled_at', 'soon'],
    ['tags', 'a,b'],
    ['correlation_id', 'line\nbreak'],
    ['unique_key', ''],
  ])('refuses %s=%j', (field, value) => {
    expect(broken(EnqueueJob, { type: 'a.b', [field]: value })).toEqual([field]);
  });
});
