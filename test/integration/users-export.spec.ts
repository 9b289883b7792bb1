import { Database, EffectsWriter } from '../../src/platform/database/index.js';
import type { ExportFilter } from '../../src/users/dto/export-users.dto.js';
import { TypeOrmUserExportRepository } from '../../src/users/user-export.typeorm.repository.js';
import { batchOf } from '../../src/users/user-list.query.js';
import { openAccountRepositories, type AccountRepositories } from '../support/account-repositories.js';

describe('Accounts in bulk', () => {
  let accounts: AccountRepositories;
  let exported: TypeOrmUserExportRepository;

  beforeAll(async () => {
    accounts = await openAccountRepositories();
    exported = new TypeOrmUserExportRepository(new Database(accounts.dataSource), new EffectsWriter());
    await accounts.dataSource.query(
      `INSERT INTO users (id, name, email, role, status)
       SELECT gen_random_uuid(), 'Person ' || n, 'person-' || n || '@example.test', 'user',
         CASE WHEN n % 4000 = 0 THEN 'suspended' ELSE 'active' END
       FROM generate_series(1, 12000) AS n`,
    );
  });
  afterAll(() => accounts.close());

  async function all(filter: ExportFilter): Promise<{ ids: string[]; batches: number }> {
    const ids: string[] = [];
    let batches = 0;
    let after: string | null = null;
    do {
      const { data, next } = await exported.listAfter(filter, after, 200);
      ids.push(...data.map(({ id }) => id));
      batches++;
      after = next;
    } while (after !== null);
    return { ids, batches };
  }

  it('are read each once, in the order of their ids', async () => {
    const { ids } = await all({ search: 'person-' });
    expect(ids).toHaveLength(12_000);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('are all found where few of them match, in few batches', async () => {
    const { ids, batches } = await all({ status: 'suspended' });
    expect(ids).toHaveLength(3);
    expect(batches).toBe(3);
  });

  it('are read along the primary key, whatever the planner believes of the filter', async () => {
    const { text, values } = batchOf({ search: 'person-' }, { after: null, end: null }, 200);
    const rows = await accounts.dataSource.transaction(async (tx) => {
      // A small table is read whole and sorted: the planner is told that this costs.
      await tx.query('SET LOCAL enable_seqscan = off');
      await tx.query('SET LOCAL enable_sort = off');
      return tx.query<Record<string, string>[]>(`EXPLAIN ${text}`, values);
    });
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('pk_users');
    expect(plan).not.toMatch(/Sort|ix_users_search/);
  });
});
