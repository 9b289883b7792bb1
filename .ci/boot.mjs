/**
 * Builds and boots the product as `npm start` does, on loopback and free ports, with an embedded database of its own;
 * uses it over REST and gRPC, stops it with SIGTERM, and expects exit code 0.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

/** The build included, on a busy machine. */
const READY_MS = 180_000;
const STOP_MS = 30_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'arcana-boot-')));
// As root, PostgreSQL runs as another user, who must get through.
chmodSync(directory, 0o711);

const child = spawn(process.execPath, ['scripts/start.mjs'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: {
    PATH: process.env.PATH,
    ARCANA_DATA_DIRECTORY: directory,
    ...Object.fromEntries(
      ['REST', 'GRPC', 'MANAGEMENT'].flatMap((listener) => [
        [`ARCANA_SERVER__${listener}__HOST`, '127.0.0.1'],
        [`ARCANA_SERVER__${listener}__PORT`, '0'],
      ]),
    ),
  },
});
const ended = once(child, 'exit').then(([code, signal]) => signal ?? code);
let output = '';

try {
  const started = performance.now();
  const { rest, grpcTarget, metrics } = await announced();
  console.log(
    `ready after ${((performance.now() - started) / 1000).toFixed(1)} s: built, with a new database`,
  );

  const health = await fetch(`${rest}/health/ready`);
  assert.equal(health.status, 200, await health.text());

  const registered = await fetch(`${rest}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada', email: 'ada@example.test', password: 'Correct-Horse-7-Battery' }),
  });
  assert.equal(registered.status, 201, await registered.text());

  const anonymous = await fetch(`${rest}/api/v1/users`);
  assert.equal(anonymous.status, 401, await anonymous.text());

  assert.equal(await grpcHealth(grpcTarget), 'SERVING');
  assert.match(await (await fetch(metrics)).text(), /^http_requests_total\{.* /m);

  const stopping = performance.now();
  child.kill('SIGTERM');
  assert.equal(await within(STOP_MS, ended, 'stop'), 0, 'exit code');
  console.log(`stopped after ${((performance.now() - stopping) / 1000).toFixed(1)} s, exit code 0`);
} catch (error) {
  console.error(output);
  console.error(error);
  process.exitCode = 1;
} finally {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await within(STOP_MS, ended, 'stop').catch(() => child.kill('SIGKILL'));
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Waits for the banner, and takes the addresses from it. */
async function announced() {
  const banner = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
        const [rest, target, metrics] = ['REST', 'gRPC', 'Metrics'].map(
          (name) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(output)?.[1],
        );
        if (rest && target && metrics) resolve({ rest: new URL(rest).origin, grpcTarget: target, metrics });
      });
    }
  });
  const failed = ended.then((how) => Promise.reject(new Error(`ended with ${how} before it was ready`)));
  return within(READY_MS, Promise.race([banner, failed]), 'get ready');
}

function grpcHealth(target) {
  const Client = grpc.makeClientConstructor(healthService, 'Health');
  const client = new Client(target, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.check({ service: '' }, { deadline: Date.now() + 5_000 }, (error, response) => {
      client.close();
      if (error) reject(error);
      else resolve(response.status);
    });
  });
}

async function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not ${what} within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
