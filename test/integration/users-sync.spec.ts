import { effects, Database } from '../../src/platform/database/index.js';
import { ArcanaConfig } from '../../src/platform/config/index.js';
import { TypeOrmUserSyncRepository } from '../../src/users/user-sync.typeorm.repository.js';
import { openAccountRepositories, type AccountRepositories } from '../support/account-repositories.js';

const config = new ArcanaConfig();
config.sync.url = 'https://directory.example/';

describe('Accounts that are to be posted', () => {
  let accounts: AccountRepositories;
  let sync: TypeOrmUserSyncRepository;

  beforeAll(async () => {
    accounts = await openAccountRepositories(config);
    sync = new TypeOrmUserSyncRepository(new Database(accounts.dataSource));
  });
  afterAll(() => accounts.close());

  const dueIds = async () => (await sync.listDue(100)).map(({ user }) => user.id);
  const statusOf = async (id: string) => (await accounts.users.find(id))!.sync_status;

  it('are those that changed, and none that was posted', async () => {
    const ada = await accounts.create();
    expect(ada.sync_status).toBe('PENDING');
    expect(await dueIds()).toContain(ada.id);
    await sync.markSynced(ada.id, ada.version);
    expect([await statusOf(ada.id), await dueIds()]).toEqual([
      'SYNCED',
      expect.not.arrayContaining([ada.id]),
    ]);
    const changed = await accounts.users.update(ada.id, ada.version, { name: 'Countess' }, effects());
    expect(changed.sync_status).toBe('PENDING');
  });

  it('stay due when they changed while they were posted', async () => {
    const ada = await accounts.create();
    await accounts.users.update(ada.id, ada.version, { name: 'Countess' }, effects());
    await sync.markSynced(ada.id, ada.version);
    await sync.recordFailure(ada.id, ada.version, {});
    expect([await statusOf(ada.id), await dueIds()]).toEqual(['PENDING', expect.arrayContaining([ada.id])]);
  });

  it('are due later after a failure, with the failures counted, and FAILED when given up', async () => {
    const ada = await accounts.create();
    await sync.recordFailure(ada.id, ada.version, { retry_in_secs: 3_600 });
    expect([await statusOf(ada.id), await dueIds()]).toEqual([
      'PENDING',
      expect.not.arrayContaining([ada.id]),
    ]);
    await accounts.dataSource.query('UPDATE users SET sync_due_at = now() WHERE id = $1', [ada.id]);
    const due = await sync.listDue(100);
    expect(due.find(({ user }) => user.id === ada.id)).toMatchObject({ attempts: 1 });
    await sync.recordFailure(ada.id, ada.version, {});
    expect(await statusOf(ada.id)).toBe('FAILED');
  });

  it("are marked without a new version: the copy is nobody else's business", async () => {
    const ada = await accounts.create();
    await sync.markSynced(ada.id, ada.version);
    const after = (await accounts.users.find(ada.id))!;
    expect([after.version, after.updated_at]).toEqual([ada.version, ada.updated_at]);
  });

  it('are found by an index that holds nothing else', async () => {
    const plan = await accounts.dataSource.transaction(async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = off');
      const rows = await tx.query<{ 'QUERY PLAN': string }[]>(
        `EXPLAIN SELECT * FROM users WHERE sync_status = 'PENDING' AND sync_due_at <= now()
         ORDER BY sync_due_at, id LIMIT 100`,
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('ix_users_sync_due');
    expect(plan).not.toContain('Sort');
  });
});

test('Without a directory every account is SYNCED, whatever changes', async () => {
  const accounts = await openAccountRepositories();
  const ada = await accounts.create();
  expect(ada.sync_status).toBe('SYNCED');
  const changed = await accounts.users.update(ada.id, ada.version, { name: 'Countess' }, effects());
  expect(changed.sync_status).toBe('SYNCED');
  await accounts.close();
});
