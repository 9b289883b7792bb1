import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/platform/config/index.js';
import { startProduct } from '../support/over-links.js';
import { scratchDirectory } from '../support/run-directory.js';

const run = promisify(execFile);

it('the commands of the guide import accounts, show which rows became none, and export the others', async () => {
  const guide = await readFile(join(projectRoot(), 'docs/import-export.md'), 'utf8');
  const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text!);
  expect(commands).toHaveLength(4);
  // The last one is a spec itself.
  const [bring, show, take] = commands as [string, string, string];
  const product = await startProduct();
  try {
    const { token } = await product.people.withRole('admin');
    const directory = await scratchDirectory('transfer');
    const typed = [bring, show, take]
      .join('')
      .replaceAll('localhost:8080', new URL(product.rest.baseUrl).host);
    const { stdout } = await run('bash', ['-c', `set -euo pipefail\n${typed}`], {
      cwd: directory,
      env: { PATH: process.env['PATH'], ADMIN_TOKEN: token },
    });
    const [state, ...report] = stdout
      .replace('}{', '}\n{')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(state).toMatchObject({ state: 'COMPLETED', rows: 4, processed: 4, created: 2, refused: 2 });
    expect(report).toMatchObject([
      { row: 3, code: 'DUPLICATE_IN_FILE' },
      { row: 4, code: 'ROLE_ABOVE_OWN' },
    ]);
    const file = await readFile(join(directory, 'moderators.csv'), 'utf8');
    expect(file).toMatch(/^id,name,email,role,.*\r\n[^,]*,"Hopper, Grace",grace@example.com,moderator,/);
  } finally {
    await product.stop();
  }
});
