import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../../src/platform/config/project-root.ts';
import { freePort } from '../harness/free-port.ts';
import { startNode, type NodeProcess } from '../harness/node-process.ts';
import type { Stage } from '../harness/scenario.ts';

/** The product, built and started as its users start it. */
export interface Arcana {
  pid: number;
  /** What it keeps, its database included; gone with the stage. */
  directory: string;
  rest: { host: string; port: number; url: string };
  grpc: { host: string; port: number };
}

const HOST = '127.0.0.1';
const READY_SECONDS = 120;
const MAIN = 'dist/src/main.js';
/** Above what one machine can send, so that limits are counted on every request and refuse none. */
const UNREACHABLE_RATE = '10000000';

/**
 * Starts the build with an embedded database in a new directory, and waits until it is ready.
 *
 * Everything a user gets is on: limits are counted, telemetry is loaded, audit and outbox are written. Only the
 * limits are raised and the log starts at `warn`.
 *
 * @param settings environment variables beside these
 * @throws Error when there is no build, or it does not become ready in time
 */
export async function startArcana(stage: Stage, settings: Record<string, string> = {}): Promise<Arcana> {
  if (!existsSync(join(projectRoot(), MAIN))) {
    throw new Error('There is no build to measure: run `npm run build` first, or pass --bare-only.');
  }
  const directory = await mkdtemp(join(tmpdir(), 'arcana-bench-'));
  stage.defer(() => rm(directory, { recursive: true, force: true }));
  // The embedded database may run as another user, who has to get through here.
  await chmod(directory, 0o755);

  const ports = { rest: await freePort(), grpc: await freePort(), management: await freePort() };
  const server = startNode(
    ['--import', './dist/src/instrumentation.js', '--no-wasm-dynamic-tiering', `./${MAIN}`],
    { ...environment(directory, ports), ...settings },
  );
  stage.defer(() => server.stop());
  const url = `http://${HOST}:${ports.rest}`;
  await untilReady(`${url}/health/ready`, server);
  return {
    pid: server.pid,
    directory,
    rest: { host: HOST, port: ports.rest, url },
    grpc: { host: HOST, port: ports.grpc },
  };
}

function environment(
  directory: string,
  ports: { rest: number; grpc: number; management: number },
): Record<string, string | undefined> {
  // A developer's own settings shall not take part.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ARCANA_'));
  return {
    // As scripts/application.mjs sets it for npm start.
    UV_THREADPOOL_SIZE: '16',
    ...Object.fromEntries(inherited),
    ARCANA_DATA_DIRECTORY: directory,
    ARCANA_SERVER__REST__HOST: HOST,
    ARCANA_SERVER__REST__PORT: String(ports.rest),
    ARCANA_SERVER__GRPC__HOST: HOST,
    ARCANA_SERVER__GRPC__PORT: String(ports.grpc),
    ARCANA_SERVER__MANAGEMENT__HOST: HOST,
    ARCANA_SERVER__MANAGEMENT__PORT: String(ports.management),
    ARCANA_RATE_LIMIT__ENABLED: 'true',
    ARCANA_RATE_LIMIT__REQUESTS_PER_MINUTE: UNREACHABLE_RATE,
    ARCANA_RATE_LIMIT__BURST: UNREACHABLE_RATE,
    ARCANA_RATE_LIMIT__AUTHENTICATED_REQUESTS_PER_MINUTE: UNREACHABLE_RATE,
    ARCANA_RATE_LIMIT__AUTHENTICATED_BURST: UNREACHABLE_RATE,
    ARCANA_RATE_LIMIT__AUTH_REQUESTS_PER_MINUTE: UNREACHABLE_RATE,
    ARCANA_RATE_LIMIT__AUTH_BURST: UNREACHABLE_RATE,
    ARCANA_OBSERVABILITY__LOG_LEVEL: 'warn',
    ARCANA_OBSERVABILITY__LOG_FORMAT: 'json',
  };
}

async function untilReady(url: string, server: NodeProcess): Promise<void> {
  const ended = server.exited.then((code) => {
    throw new Error(`The product ended with exit code ${code}:\n${server.lastWords()}`);
  });
  const deadline = performance.now() + READY_SECONDS * 1000;
  while (performance.now() < deadline) {
    const answer = await Promise.race([ended, fetch(url).catch(() => undefined)]);
    if (answer?.status === 200) return;
    await Promise.race([ended, delay(100)]);
  }
  throw new Error(`The product is not ready after ${READY_SECONDS} s:\n${server.lastWords()}`);
}
