import { strictMock } from '../../test/support/strict-mock.js';
import { encodePosition } from '../platform/database/index.js';
import type { AuditLogRepository } from './audit-log.repository.js';
import { AuditService } from './audit.service.js';
import { AuditLog } from './dto/audit-log.dto.js';
import { ListAuditLogsQuery } from './dto/list-audit-logs.dto.js';

const entry = (number: number): AuditLog =>
  Object.assign(new AuditLog(), {
    id: `01980a5e-7d3b-7c4e-9b1a-2f6d8c0e4a${10 + number}`,
    occurred_at: new Date(1_000_000 - number),
    action: 'LOGIN_SUCCEEDED',
  });
const query = (changes: Partial<ListAuditLogsQuery> = {}): ListAuditLogsQuery =>
  Object.assign(new ListAuditLogsQuery(), changes);

function audit(stored: AuditLog[]) {
  const entries = strictMock<AuditLogRepository>('AuditLogRepository', {
    list: async ({ limit }) => stored.slice(0, limit),
  });
  return { entries, service: new AuditService(entries) };
}

describe('the audit log', () => {
  it('gives the cursor of the next page only where there is one', async () => {
    const { service } = audit([entry(0), entry(1), entry(2)]);
    expect(await service.list(query({ size: 2 }))).toEqual({
      data: [entry(0), entry(1)],
      next_cursor: encodePosition({ at: entry(1).occurred_at, id: entry(1).id }),
      prev_cursor: null,
    });
    expect((await service.list(query({ size: 3 }))).next_cursor).toBeNull();
    expect(await audit([]).service.list(query())).toEqual({
      data: [],
      next_cursor: null,
      prev_cursor: null,
    });
  });

  it('goes on after the place that the cursor names, with the same conditions', async () => {
    const { entries, service } = audit([]);
    const after = { at: entry(7).occurred_at, id: entry(7).id };
    await service.list(query({ cursor: encodePosition(after), action: 'LOGIN_FAILED' }));
    expect(entries.list.mock.calls[0]![0]).toEqual({ action: 'LOGIN_FAILED', after, limit: 11 });
  });

  it('goes back to the page before, and to the first when nothing stands before', async () => {
    const { entries, service } = audit([entry(2), entry(1), entry(0)]);
    const cursor = `~${encodePosition({ at: entry(3).occurred_at, id: entry(3).id })}`;
    const page = await service.list(query({ cursor, size: 2 }));
    expect(entries.list.mock.calls[0]![0]).toMatchObject({
      after: { id: entry(3).id },
      backwards: true,
      limit: 3,
    });
    expect(page).toEqual({
      data: [entry(1), entry(2)],
      next_cursor: encodePosition({ at: entry(2).occurred_at, id: entry(2).id }),
      prev_cursor: `~${encodePosition({ at: entry(1).occurred_at, id: entry(1).id })}`,
    });
    const first = audit([]);
    await first.service.list(query({ cursor, size: 2 }));
    expect(first.entries.list.mock.calls.map(([filter]) => filter.backwards)).toEqual([true, undefined]);
  });

  it.each(['abc', '~', '~abc', '~~'])('refuses a cursor that is not ours: %s', async (cursor) => {
    await expect(audit([]).service.list(query({ cursor }))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'cursor', code: 'INVALID_AUDIT_CURSOR', message: expect.any(String) }],
    });
  });
});
