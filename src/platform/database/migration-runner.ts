import type { DataSource } from 'typeorm';

/** Any constant will do, as long as every process uses the same. */
const MIGRATION_LOCK = 7_239_041;

/**
 * Runs pending steps. Processes that start at once take turns under an advisory lock, held by one session of its own:
 * the second finds nothing left to do.
 * @param alongside further schemas to bring up to date under the same lock (the queue has its own)
 * @returns names of the steps that ran
 */
export async function runMigrations(
  dataSource: DataSource,
  alongside: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const session = dataSource.createQueryRunner();
  await session.connect();
  try {
    // Waiting for another replica's migrations may take longer than any statement of ours.
    await session.query('SET statement_timeout = 0');
    await session.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const ran = await dataSource.runMigrations({ transaction: 'each' });
      await alongside();
      return ran.map((step) => step.name);
    } finally {
      await session.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await session.query('RESET statement_timeout').catch(() => undefined);
    await session.release();
  }
}
