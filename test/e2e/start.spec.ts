import { jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { ADMIN, FREE_PORTS } from '../support/application.js';
import {
  ensureBuilt,
  failToStart,
  isolatedSettings,
  startBuilt,
  type BuiltProduct,
} from '../support/built-product.js';
import { eventually } from '../support/eventually.js';
import { serverProcesses } from '../support/embedded-process.js';
import { GrpcClient } from '../support/grpc-client.js';
import { RestClient } from '../support/rest-client.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(240_000);
beforeAll(() => ensureBuilt());

describe('a product without any settings', () => {
  it('starts from nothing, tells how to sign in once, and finds its data again', async () => {
    const settings = { ...FREE_PORTS, ARCANA_DATA_DIRECTORY: await scratchDirectory('first-start') };
    const first = await startBuilt(settings);
    const { restUrl: rest, grpcTarget: grpc, managementUrl: management } = first;
    const email = await eventually(
      'the banner is whole',
      async () => /^ {2}E-mail +(\S+)$/m.exec(first.output())?.[1],
    );
    const banner = first.output().slice(first.output().indexOf('Arcana Cloud '));
    expect(banner).toContain(
      [
        `Arcana Cloud 0.1.0 (development) is ready`,
        '',
        `  Swagger UI  ${rest}/docs`,
        `  REST        ${rest}/api/v1`,
        `  gRPC        ${grpc}`,
        `  Health      ${rest}/health`,
        `  Metrics     ${management}/metrics`,
      ].join('\n'),
    );
    expect(banner).toMatch(/^ {2}Database {4}embedded PostgreSQL on 127\.0\.0\.1:\d+ \(.*\)$/m);
    expect(banner).toMatch(/^ {2}Queue {7}PostgreSQL/m);
    const password = /^ {2}Password +(\S{24})$/m.exec(banner)![1]!;
    expect(first.output().split(password)).toHaveLength(2);
    expect(first.errors()).toBe('');
    for (const url of [`${rest}/docs`, `${rest}/health`, `${management}/metrics`]) {
      expect((await fetch(url)).status).toBe(200);
    }
    const signedIn = await new RestClient(rest).post('/api/v1/auth/login', { email, password });
    expect(signedIn.status).toBe(200);
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(await serverProcesses(first.directory)).toEqual([]);

    const second = await startBuilt(settings);
    const again = new RestClient(second.restUrl);
    expect(second.output()).not.toMatch(/E-mail|Password|First start/);
    // The same key, the same session: nobody is signed out by a restart.
    const me = await again.get('/api/v1/auth/me', { token: signedIn.body.access_token as string });
    expect([me.status, me.body.email]).toEqual([200, email]);
    expect(await second.stop('SIGINT')).toBe(0);
    expect(await serverProcesses(first.directory)).toEqual([]);
    expect((await readdir(first.directory)).sort()).toEqual(expect.arrayContaining(['postgres']));
  });
});

describe('with a database of one’s own', () => {
  let settings: Record<string, string>;
  let url: string;

  beforeAll(async () => {
    settings = await isolatedSettings();
    url = settings['ARCANA_DATABASE__URL']!;
  });

  /** What a start that fails leaves: one sentence, exit code 1, and no word of the password. */
  async function refused(env: Record<string, string>): Promise<string> {
    const { code, output, errors } = await failToStart({ ...settings, ...env });
    expect([code, output]).toEqual([1, expect.not.stringContaining('is ready')]);
    expect(errors).toMatch(/^[^\n]+\n$/);
    expect(errors).not.toMatch(/\bat .*\.js|secret-word|Error:/);
    return errors.trimEnd();
  }

  it.each([
    ['REST', 'REST'],
    ['GRPC', 'gRPC'],
    ['MANAGEMENT', 'the management listener'],
  ])('says in one sentence that the port of %s is in use', async (listener, name) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const setting = `ARCANA_SERVER__${listener}__PORT`;
    expect(await refused({ [setting]: String(port) })).toBe(
      `Port ${port} for ${name} is in use: stop the other program or set ${setting} to another port.`,
    );
    other.close();
  });

  it('says in one sentence what is wrong with the database', async () => {
    const broken = new URL(url);
    broken.password = 'secret-word';
    broken.pathname = '/there_is_none';
    expect(await refused({ ARCANA_DATABASE__URL: 'mysql://root:secret-word@localhost/arcana' })).toMatch(
      /ARCANA_DATABASE__URL/,
    );
    expect(await refused({ ARCANA_DATABASE__URL: 'postgres://arcana:secret-word@127.0.0.1:1/arcana' })).toBe(
      'The database at postgres://arcana:********@127.0.0.1:1/arcana cannot be reached (ECONNREFUSED): start it or correct ARCANA_DATABASE__URL.',
    );
    expect(await refused({ ARCANA_DATABASE__URL: broken.toString() })).toMatch(
      /^The database at postgres.*(refuses the sign-in|named in).*ARCANA_DATABASE__URL\.$/,
    );
    broken.password = new URL(url).password;
    expect(await refused({ ARCANA_DATABASE__URL: broken.toString() })).toMatch(
      /^The database named in .* does not exist/,
    );
  });

  it('says in one sentence that a setting is unknown', async () => {
    expect(await refused({ ARCANA_SERVER__REST__PROT: '80' })).toMatch(/ARCANA_SERVER__REST__PROT/);
  });

  describe('that is told to stop', () => {
    let product: BuiltProduct;
    let lock: pg.Client;

    beforeEach(async () => {
      product = await startBuilt(settings);
      lock = new pg.Client({ connectionString: url });
      await lock.connect();
    });
    afterEach(async () => {
      await lock.end();
      await product.stop('SIGKILL');
    });

    it('lets running requests finish, refuses readiness meanwhile, and ends with 0', async () => {
      const { restUrl: rest, grpcTarget: grpc, managementUrl: management } = product;
      const client = new RestClient(rest);
      const rpc = new GrpcClient(grpc);
      const { body } = await client.post('/api/v1/auth/login', ADMIN);
      const token = body.access_token as string;
      const watching = rpc.stream('arcana.health.v1.HealthService/Watch');
      await once(watching, 'data');
      const goodbye = once(watching, 'close').then(() => undefined);
      watching.on('error', () => undefined);

      await lock.query('BEGIN; LOCK TABLE plugins');
      const waiting = [
        client.get('/api/v1/plugins', { token }).then(({ status }) => status),
        rpc.unary('arcana.plugins.v1.PluginService/ListPlugins', {}, { token }).then(() => 'OK'),
      ];
      await eventually('both requests wait for the lock', async () => {
        const { rows } = await lock.query<{ count: string }>(
          `SELECT count(*) FROM pg_locks WHERE relation = 'plugins'::regclass AND NOT granted`,
        );
        return rows[0]!.count === '2' ? true : undefined;
      });

      const ended = product.stop('SIGTERM');
      await eventually('readiness is refused', async () => {
        const { status } = await fetch(`${management}/health/ready`);
        return status === 503 ? true : undefined;
      });
      expect((await fetch(`${management}/health/live`)).status).toBe(200);
      await goodbye;
      await lock.query('ROLLBACK');
      expect(await Promise.all(waiting)).toEqual([200, 'OK']);
      rpc.close();
      expect(await ended).toBe(0);
    });

    it('twice, ends at once', async () => {
      await lock.query('BEGIN; LOCK TABLE plugins');
      const { restUrl: rest, managementUrl: management } = product;
      const { body } = await new RestClient(rest).post('/api/v1/auth/login', ADMIN);
      const cut = fetch(`${rest}/api/v1/plugins`, {
        headers: { authorization: `Bearer ${body.access_token}` },
      }).catch(() => 'cut');
      await eventually('the request waits for the lock', async () => {
        const { rows } = await lock.query<{ count: string }>(
          `SELECT count(*) FROM pg_locks WHERE relation = 'plugins'::regclass AND NOT granted`,
        );
        return rows[0]!.count === '1' ? true : undefined;
      });
      product.process.kill('SIGINT');
      await eventually('readiness is refused', async () => {
        const { status } = await fetch(`${management}/health/ready`);
        return status === 503 ? true : undefined;
      });
      expect([await product.stop('SIGINT'), await cut]).toEqual([130, 'cut']);
      await lock.query('ROLLBACK');
    });
  });
});
