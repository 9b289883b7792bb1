/**
 * Before the suites that need real servers: one folder for everything the run makes, a throw-away Redis where
 * `redis-server` is installed, and a reaper that removes all of it however the run ends. PostgreSQL starts when the first spec
 * asks for a database (see embedded-postgres.ts), so a run that needs none does not wait for one.
 *
 * Plain JavaScript: Jest imports a global set-up as it stands, and Node's own type stripping does not find `x.ts` by `x.js`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export default async function globalSetup() {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'arcana-test-')));
  // As root, PostgreSQL runs as another user, who must get through.
  chmodSync(directory, 0o711);
  process.env.ARCANA_TEST_RUN_DIRECTORY = directory;
  const redis = await startRedis(join(directory, 'redis'));
  if (redis.url) process.env.ARCANA_TEST_REDIS_URL = redis.url;
  else process.env.ARCANA_TEST_REDIS_MISSING = redis.missing;
  globalThis.arcanaTestReaper = startReaper(directory, redis.pid);
}

/**
 * A shell that waits for the other end of its input to close, which happens when Jest tears down and when it is killed. Then it
 * ends the servers under the folder and removes it. In its own session, out of reach of a Ctrl-C.
 */
function startReaper(directory, redisPid) {
  const script = `
    cat > /dev/null
    [ -n "$2" ] && kill -KILL "$2" 2> /dev/null
    outside=""
    for link in $(find "$1" -type l -name 'postgres*'); do outside="$outside $(readlink -f "$link")"; done
    for file in $(find "$1" $outside -name postmaster.pid); do
      pid=$(head -n 1 "$file")
      # The file may name another program by now.
      words=$(cat "/proc/$pid/cmdline" 2> /dev/null | tr '\\0' ' ') || words=""
      [ -n "$words" ] || words=$(ps -o command= -p "$pid" 2> /dev/null)
      case "$words" in *"$(dirname "$file")"*) kill -QUIT "$pid" 2> /dev/null; while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done ;; esac
    done
    rm -rf "$1" $outside`;
  const reaper = spawn('/bin/sh', ['-c', script, 'sh', directory, redisPid ? String(redisPid) : ''], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  reaper.stdin.unref();
  return reaper;
}

async function startRedis(directory) {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  if (found.error || found.status !== 0) return { missing: 'redis-server is not on the PATH' };
  mkdirSync(directory);
  const settings = {
    bind: '127.0.0.1',
    dir: directory,
    appendonly: 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
    // One for each spec file that wants its own.
    databases: '1024',
    logfile: join(directory, 'redis.log'),
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = await freePort();
    const child = spawn('redis-server', ['--port', String(port), ...words], {
      detached: true,
      stdio: 'ignore',
    });
    child.unref();
    while (child.exitCode === null && child.signalCode === null) {
      if (await answers(port)) return { url: `redis://127.0.0.1:${port}`, pid: child.pid };
      await sleep(20);
    }
  }
  return { missing: `redis-server (${found.stdout.trim()}) does not start` };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('connect', () => socket.write('PING\r\n'));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
