import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runDirectory } from './run-directory.js';

/** Highest database number of the run's Redis. */
const LAST_DATABASE = 1023;

/** URL of the run's Redis, database 0; undefined when this machine has none. */
export function redisUrl(): string | undefined {
  return process.env['ARCANA_TEST_REDIS_URL'];
}

/** `describe` where a real Redis is at hand; elsewhere the suite is skipped and the reason printed. */
export function describeWithRedis(name: string, suite: () => void): void {
  if (redisUrl()) {
    describe(name, suite);
    return;
  }
  const reason = process.env['ARCANA_TEST_REDIS_MISSING'] ?? 'the global set-up started none';
  process.stderr.write(`skipped, no Redis (${reason}): ${name}\n`);
  describe.skip(`${name} [skipped: ${reason}]`, suite);
}

/**
 * URL of a Redis database that nobody else in this run uses. Channels of publish/subscribe are shared by all databases.
 *
 * @throws Error where there is no Redis: ask inside `describeWithRedis`
 */
export async function claimRedisDatabase(): Promise<string> {
  const url = redisUrl();
  if (!url) throw new Error('This machine has no Redis: use describeWithRedis');
  for (let number = 1; number <= LAST_DATABASE; number++) {
    const claimed = await mkdir(join(runDirectory(), 'redis', `database-${number}`)).then(
      () => true,
      () => false,
    );
    if (claimed) return `${url}/${number}`;
  }
  throw new Error(`All ${LAST_DATABASE} Redis databases of this run are taken`);
}
