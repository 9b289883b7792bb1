import { jest } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { GrpcHealth } from '../../src/platform/grpc/index.js';
import { projectRoot } from '../../src/platform/config/index.js';
import { ADMIN } from '../support/application.js';
import { ensureBuilt, isolatedSettings, startBuilt, type BuiltProduct } from '../support/built-product.js';
import { eventually } from '../support/eventually.js';
import { GrpcReflection } from '../support/grpc-reflection.js';
import { committedDocument } from '../support/openapi-document.js';
import { PythonPeer, pythonPeerMissing } from '../support/python-peer.js';
import { RestClient } from '../support/rest-client.js';

jest.setTimeout(240_000);

const promtoolMissing =
  spawnSync('promtool', ['--version']).status === 0 ? undefined : 'promtool is not on the PATH';

/** Skipped suites say why in their title, so that the report of a run shows it. */
const where = (missing: string | undefined): [describe: typeof describe.skip, reason: string] =>
  missing === undefined ? [describe, ''] : [describe.skip, ` (skipped: ${missing})`];

describe('the build in dist/', () => {
  let product: BuiltProduct;
  let rest: RestClient;

  beforeAll(async () => {
    await ensureBuilt();
    product = await startBuilt(await isolatedSettings());
    rest = new RestClient(product.restUrl);
  });
  afterAll(async () => {
    expect(await product.stop()).toBe(0);
  });

  it('serves the API document that is committed (after a change of the API: npm run openapi)', async () => {
    for (const path of ['/openapi.json', '/docs-json']) {
      const { status, body } = await rest.get(path);
      expect([status, body]).toEqual([200, committedDocument()]);
    }
  });

  describe('the demonstration', () => {
    const demo = (...words: string[]): Promise<{ code: number; output: string }> =>
      new Promise((resolve) => {
        const script = join(projectRoot(), 'scripts', 'demo.mjs');
        // As a stranger in any directory would, without the settings of this run.
        const options = { cwd: product.directory, env: { PATH: process.env['PATH'] } };
        execFile(process.execPath, [script, ...words], options, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
        );
      });
    const running = (password: string): string[] => [
      ...[
        '--rest',
        product.restUrl,
        '--grpc',
        product.grpcTarget,
        '--email',
        ADMIN.email,
        '--password',
        password,
      ],
      ...['--mails', join(product.directory, 'mail')],
    ];

    it('shows the main job over REST and over gRPC', async () => {
      const { code, output } = await demo(...running(ADMIN.password));
      expect([code, output]).toEqual([0, expect.stringContaining('All as promised.')]);
      for (const part of [
        output.slice(0, output.indexOf('gRPC at')),
        output.slice(output.indexOf('gRPC at')),
      ]) {
        expect(part).toMatch(/register {2}[0-9a-f-]{36} demo-\w+@example\.com, role user/);
        expect(part).toMatch(/job +email\.welcome [0-9a-f-]{36} in queue emails, priority normal: /);
        expect(part).toMatch(/job +COMPLETED, attempts 1\/\d+, result \{"message_id":/);
        expect(part).toMatch(/mail +\S+\.eml/);
        expect(part).toMatch(/me +(401|UNAUTHENTICATED): /);
      }
      expect(output).not.toMatch(/eyJ|Analytical-Engine/);
    });

    it('ends with 1 when an answer is not the expected one', async () => {
      const { code, output } = await demo(...running('Wr0ng-password'));
      expect([code, output]).toEqual([1, expect.stringMatching(/Not as promised: .*401/)]);
    });

    it('ends with 2 when it is not told whose product to use', async () => {
      expect(await demo()).toEqual({ code: 2, output: expect.stringContaining('--start') });
    });
  });

  const [describeWithPromtool, noPromtool] = where(promtoolMissing);
  describeWithPromtool(`its metrics${noPromtool}`, () => {
    it('pass promtool, on both ports', async () => {
      for (const url of [product.managementUrl, product.restUrl]) {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
          input: metrics,
          encoding: 'utf8',
        });
        expect([status, `${stdout}${stderr}`]).toEqual([0, '']);
      }
    });
  });

  it('counts what it has done under the names that dashboards know', async () => {
    await rest.get('/openapi.json');
    const account = { name: 'Ada', email: 'counted@example.test', password: 'Tr0mbone-Quartet' };
    expect((await rest.post('/api/v1/auth/register', account)).status).toBe(201);
    const metrics = await eventually('the welcome job is counted', async () => {
      const text = await (await fetch(`${product.managementUrl}/metrics`)).text();
      return /^arcana_jobs_completed_total\{.*email\.welcome/m.test(text) ? text : undefined;
    });
    for (const series of [
      /^http_requests_total\{method="GET",route="\/openapi\.json",status="200"\} \d/m,
      /^http_request_duration_seconds_bucket\{.*route="\/openapi\.json".*\} \d/m,
      /^db_query_duration_seconds_count \d/m,
      /^db_pool_connections\{state="active"\} \d/m,
      /^arcana_workers_active\{queue="emails"\} 1/m,
      /^arcana_jobs_pending\{queue="emails"\} 0/m,
      /^arcana_jobs_completed_total\{queue="emails",type="email\.welcome"\} [1-9]/m,
      /^process_cpu_seconds_total \d/m,
      /^nodejs_eventloop_lag_p99_seconds \d/m,
    ]) {
      expect(metrics).toMatch(series);
    }
    expect(metrics).not.toMatch(/@example|[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it.each(['v1', 'v1alpha'] as const)('tells over reflection %s which services it has', async (version) => {
    const reflection = new GrpcReflection(product.grpcTarget, version);
    expect((await reflection.services()).sort()).toEqual([
      'arcana.audit.v1.AuditService',
      'arcana.auth.v1.AuthService',
      'arcana.health.v1.HealthService',
      'arcana.jobs.v1.JobQueueService',
      'arcana.plugins.v1.PluginService',
      'arcana.user.v1.UserService',
      'grpc.health.v1.Health',
    ]);
    const [unknown] = await reflection.ask([{ file_containing_symbol: 'arcana.nothing.v1.Nothing' }]);
    expect(unknown).toMatchObject({ problem: { error_code: 5 } });
    reflection.close();
  });

  const [describeWithPython, noPython] = where(pythonPeerMissing);
  describeWithPython(`a client in Python${noPython}`, () => {
    it('asks the standard health of the whole and of each service', async () => {
      const peer = new PythonPeer(product.grpcTarget, join(GrpcHealth.protoFile, '../../..'));
      for (const service of ['', 'arcana.user.v1.UserService', 'arcana.jobs.v1.JobQueueService']) {
        const { response } = await peer.unary('grpc.health.v1.Health/Check', { service });
        expect(response).toEqual({ status: 'SERVING' });
      }
      const { error } = await peer.unary('grpc.health.v1.Health/Check', { service: 'arcana.nothing' });
      expect(error).toMatchObject({ code: 'NOT_FOUND' });
      peer.close();
    });

    it('signs in, lists accounts and reads the details of an error', async () => {
      const peer = new PythonPeer(product.grpcTarget);
      const { response } = await peer.unary('arcana.auth.v1.AuthService/Login', ADMIN);
      expect(response).toMatchObject({ token_type: 'Bearer', expires_in: '900s' });
      const metadata = {
        authorization: `Bearer ${String(response!['access_token'])}`,
        'x-request-id': 'from-python',
      };
      const listed = await peer.unary(
        'arcana.user.v1.UserService/ListUsers',
        { role: 'USER_ROLE_SUPER_ADMIN' },
        metadata,
      );
      expect(listed.response).toMatchObject({
        data: [{ email: ADMIN.email, role: 'USER_ROLE_SUPER_ADMIN' }],
        total: '1',
      });
      const { error } = await peer.unary('arcana.user.v1.UserService/GetUser', { id: 'x' }, metadata);
      expect(error).toMatchObject({
        code: 'INVALID_ARGUMENT',
        details: [
          { '@type': 'google.rpc.ErrorInfo', reason: 'VALIDATION_FAILED', domain: 'arcana.cloud' },
          { '@type': 'google.rpc.BadRequest', field_violations: [{ field: 'id', reason: 'IS_UUID' }] },
          { '@type': 'google.rpc.RequestInfo', request_id: 'from-python' },
        ],
      });
      peer.close();
    });
  });
});
