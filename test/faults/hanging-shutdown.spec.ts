import { once } from 'node:events';
import { jest } from '@jest/globals';
import pg from 'pg';
import { ADMIN } from '../support/application.js';
import { ensureBuilt, isolatedSettings, startBuilt } from '../support/built-product.js';
import { eventually } from '../support/eventually.js';
import { GrpcClient, type GrpcCallError } from '../support/grpc-client.js';
import { RestClient } from '../support/rest-client.js';

jest.setTimeout(120_000);
beforeAll(() => ensureBuilt());

/** Deleting records of jobs waits for whoever holds this advisory lock. */
const HANGING_DELETE = `
  CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
  CREATE TRIGGER wait_for_test BEFORE DELETE ON jobs EXECUTE FUNCTION wait_for_test()`;

describe('a product that is told to stop while everything in it hangs', () => {
  let lock: pg.Client;
  let settings: Record<string, string>;

  beforeAll(async () => {
    settings = {
      ...(await isolatedSettings()),
      ARCANA_SERVER__SHUTDOWN_TIMEOUT_MS: '5000',
      ARCANA_SERVER__GRPC__SHUTDOWN_GRACE_MS: '5000',
    };
    lock = new pg.Client({ connectionString: settings['ARCANA_DATABASE__URL'] });
    await lock.connect();
    await lock.query(HANGING_DELETE);
  });
  afterAll(() => lock.end());

  /** How many statements of the product wait for what the test holds. */
  async function waiting(): Promise<number> {
    const { rows } = await lock.query<{ count: number }>(
      'SELECT count(*)::int FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())',
    );
    return rows[0]!.count;
  }

  it('tells every caller, gives the job back, ends with 0 within its time, and the next start does the job', async () => {
    const first = await startBuilt(settings);
    const client = new RestClient(first.restUrl);
    const rpc = new GrpcClient(first.grpcTarget);
    const { body } = await client.post('/api/v1/auth/login', ADMIN);
    const token = body.access_token as string;

    await lock.query('SELECT pg_advisory_lock(4711); BEGIN; LOCK TABLE plugins');
    const job = await client.post(
      '/api/v1/jobs/jobs',
      { type: 'queue.prune_records', payload: {} },
      { token },
    );
    const path = `/api/v1/jobs/jobs/${job.body.id}`;
    const request = client.get('/api/v1/plugins', { token }).catch((error: unknown) => error);
    const unary = rpc
      .unary('arcana.plugins.v1.PluginService/ListPlugins', {}, { token, deadlineMs: 60_000 })
      .catch((error: unknown) => error);
    const watch = rpc.stream<{ status: string }>('arcana.health.v1.HealthService/Watch');
    const states: string[] = [];
    watch.on('data', ({ status }) => states.push(status));
    const watched = once(watch, 'end');
    await eventually('request, call and job hang', async () => ((await waiting()) === 3 ? true : undefined));

    const ended = first.stop('SIGTERM');
    await watched;
    expect(states.at(-1)).toBe('HEALTH_STATUS_UNHEALTHY');
    const [answer, failure] = await Promise.all([request, unary]);
    expect((answer as Error).cause).toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect([(failure as GrpcCallError).code, (failure as GrpcCallError).sentence]).toEqual([
      'UNAVAILABLE',
      'The server is shutting down.',
    ]);
    rpc.close();
    expect(await ended).toBe(0);
    expect(first.output()).not.toContain('shutdown took too long');

    await lock.query('ROLLBACK; SELECT pg_advisory_unlock_all()');
    const second = await startBuilt(settings);
    const again = new RestClient(second.restUrl);
    const done = await eventually('the job is COMPLETED', async () => {
      const { body: record } = await again.get(path, { token });
      return record.state === 'COMPLETED' ? record : undefined;
    });
    expect(done).toMatchObject({ attempts_made: 1, error: null });
    expect(await second.stop()).toBe(0);
  });
});
