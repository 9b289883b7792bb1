/**
 * Every static check of the product, side by side.
 *
 *   npm run check                 all of them
 *   npm run check -- lint types   only these
 *
 * A check that passes prints one line; one that fails prints what it found as well. Exit code 1 when any fails.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Name -> what it covers, and its commands, which run one after the other. The slow ones first: they decide the end. */
const CHECKS = {
  lint: { covers: 'ESLint, with types', commands: [['eslint', '.', '--max-warnings=0']] },
  types: {
    covers: 'TypeScript: product, tests, benchmarks',
    commands: [
      ['tsc', '--noEmit', '--pretty', 'false'],
      ['tsc', '--noEmit', '--pretty', 'false', '--project', 'bench/tsconfig.json'],
    ],
  },
  format: { covers: 'Prettier', commands: [['prettier', '--check', '--log-level=warn', '.']] },
  unused: { covers: 'knip: files, exports and dependencies nobody uses', commands: [['knip']] },
  boundaries: {
    covers: 'dependency-cruiser: who may know whom',
    commands: [['depcruise', 'src', 'migrations', '--output-type', 'err-long']],
  },
  protos: {
    covers: 'buf: style, format and promises of proto/',
    commands: [
      ['buf', 'lint'],
      ['buf', 'format', '--diff', '--exit-code'],
      ['buf', 'breaking', '--against', 'proto/baseline.json'],
    ],
  },
};

/** @returns {Promise<{ code: number, output: string }>} */
function run([command, ...args]) {
  return new Promise((resolve) => {
    const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
    const child = spawn(command, args, { cwd: root, env: { ...process.env, PATH: path, NO_COLOR: '1' } });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** @returns {Promise<boolean>} whether the check passed */
async function check(name) {
  const started = performance.now();
  const failures = [];
  for (const command of CHECKS[name].commands) {
    const { code, output } = await run(command);
    if (code !== 0) failures.push(`$ ${command.join(' ')}\n${output}`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${failures.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds.padStart(5)} s  ${CHECKS[name].covers}`,
  );
  for (const failure of failures) console.log(failure);
  return failures.length === 0;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(CHECKS, name));
if (unknown.length > 0) {
  console.error(
    `There is no check named ${unknown.join(', ')}; there are ${Object.keys(CHECKS).join(', ')}.`,
  );
  process.exit(2);
}
const waiting = asked.length > 0 ? asked : Object.keys(CHECKS);
let failed = 0;
await Promise.all(
  Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (!(await check(name))) failed += 1;
    }
  }),
);
console.log(failed === 0 ? 'All checks passed.' : `${failed} ${failed === 1 ? 'check' : 'checks'} failed.`);
process.exitCode = failed === 0 ? 0 : 1;
