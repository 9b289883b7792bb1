import { Logger } from '@nestjs/common';
import { Writable } from 'node:stream';
import { RequestContext } from '../context/index.js';
import { ObservabilitySettings } from '../config/index.js';
import { createLogger, nestLogger } from './logger.js';
import { createRegistry, DatabaseMetrics, ServerMetrics } from './metrics.js';

function recorder(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = [];
  const settings = Object.assign(new ObservabilitySettings(), { log_format: format, log_level: 'debug' });
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = createLogger(settings, destination);
  return { logger, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

describe('the logger', () => {
  it('writes JSON lines with level, time and service', () => {
    const { logger, last } = recorder();
    logger.info({ jobs: 3 }, 'done');
    expect(last()).toMatchObject({ level: 'info', jobs: 3, msg: 'done', service: expect.any(String) });
    expect(new Date(String(last()['time'])).toISOString()).toBe(last()['time']);
  });

  it('adds request id and trace to what is written in a request', () => {
    const { logger, last } = recorder();
    const context = new RequestContext({ requestId: 'r-1', protocol: 'http' });
    RequestContext.run(context, () => logger.info('inside'));
    expect(last()).toMatchObject({ request_id: 'r-1', trace_id: context.trace.traceId });
    logger.info('outside');
    expect(last()).not.toHaveProperty('request_id');
  });

  it('hides secrets wherever they stand', () => {
    const { logger, lines } = recorder();
    logger.info(
      { password: 'hunter2', body: { refresh_token: 'hunter2', deep: { authorization: 'hunter2' } } },
      'x',
    );
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('')).toContain('[hidden]');
  });

  it('tells of a failed statement without its values', () => {
    const { logger, last } = recorder();
    const detail = 'Key (lower(email))=(ada@example.com) already exists.';
    const driverError = Object.assign(new Error('duplicate key'), { code: '23505', detail });
    // As TypeORM throws it.
    const failure = Object.assign(new Error('duplicate key'), {
      query: 'INSERT INTO users',
      parameters: ['ada@example.com', '$argon2id$'],
      driverError,
      code: '23505',
      detail,
    });
    logger.error({ err: failure });
    expect(last()).toMatchObject({
      err: { message: 'duplicate key', code: '23505', query: 'INSERT INTO users' },
    });
    expect(JSON.stringify(last())).not.toMatch(/ada@example\.com|argon2id/);
  });

  it('tells of an error and its causes, and where it comes from', () => {
    const { logger, last } = recorder();
    logger.error({ err: new Error('outer', { cause: new Error('inner') }) });
    expect(last()).toMatchObject({
      err: { type: 'Error', message: 'outer: inner', stack: expect.stringContaining('observability.spec') },
    });
  });

  it('is readable for a terminal', () => {
    const { logger, lines } = recorder('pretty');
    logger.warn('look here');
    expect(lines.join('')).toMatch(/WARN.*look here/);
  });

  it('takes what Nest and features log', () => {
    const { logger, last } = recorder();
    Logger.overrideLogger(nestLogger(logger));
    new Logger('Users').warn({ user_id: 'u' }, 'renamed');
    expect(last()).toMatchObject({ level: 'warn', context: 'Users', user_id: 'u', msg: 'renamed' });
    new Logger('Users').error(new Error('broken'), 'failed');
    expect(last()).toMatchObject({ level: 'error', context: 'Users', err: { message: 'broken' } });
    Logger.overrideLogger(false);
  });

  it('writes to the logger of the product that was started last, not of the first one of the process', () => {
    const [first, second] = [recorder(), recorder()];
    for (const { logger } of [first, second]) Logger.overrideLogger(nestLogger(logger));
    new Logger('Users').warn('renamed');
    expect([first.lines, second.last()]).toEqual([[], expect.objectContaining({ msg: 'renamed' })]);
    Logger.overrideLogger(false);
  });
});

describe('the metrics', () => {
  it('count requests of both servers by bounded labels', async () => {
    const registry = createRegistry();
    const metrics = new ServerMetrics(registry);
    metrics.http('GET', '/api/v1/users/:id', 200, 0.004);
    metrics.http('BREW', 'unmatched', 404, 0.001);
    metrics.grpc('arcana.auth.v1.AuthService', 'Login', 'OK', 0.2);
    const text = await registry.metrics();
    expect(text).toContain('http_requests_total{method="GET",route="/api/v1/users/:id",status="200"} 1');
    expect(text).toContain('http_requests_total{method="other",route="unmatched",status="404"} 1');
    expect(text).toContain(
      'http_request_duration_seconds_bucket{le="0.005",method="GET",route="/api/v1/users/:id",status="200"} 1',
    );
    expect(text).toContain(
      'grpc_server_handled_total{grpc_service="arcana.auth.v1.AuthService",grpc_method="Login",grpc_code="OK"} 1',
    );
    expect(text).toContain(
      'grpc_server_handling_seconds_count{grpc_service="arcana.auth.v1.AuthService",grpc_method="Login",grpc_code="OK"} 1',
    );
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  it('show the state of the pool and the time of statements', async () => {
    const registry = createRegistry();
    const metrics = new DatabaseMetrics(registry, () => ({ total: 5, idle: 2, waiting: 1 }));
    metrics.query(0.02);
    const text = await registry.metrics();
    expect(text).toContain('db_pool_connections{state="active"} 3');
    expect(text).toContain('db_pool_connections{state="idle"} 2');
    expect(text).toContain('db_pool_connections{state="waiting"} 1');
    expect(text).toContain('db_query_duration_seconds_count 1');
  });
});
