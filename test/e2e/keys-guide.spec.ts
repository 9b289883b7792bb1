import { execFile } from 'node:child_process';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/platform/config/index.js';
import { keyTime } from '../support/key-files.js';
import { startProduct, type TestProduct } from '../support/over-links.js';
import { scratchDirectory } from '../support/run-directory.js';

const run = promisify(execFile);
const root = projectRoot();

/** A shell as the guide's reader has it, except that the keys lie elsewhere and so does the product. */
function shell(keys: string, product?: TestProduct): (command: string) => Promise<string> {
  return async (command) => {
    const here = command
      .replace('/etc/arcana/keys', keys)
      .replaceAll('localhost:8080', product ? new URL(product.rest.baseUrl).host : 'localhost:9');
    const { stdout } = await run('bash', ['-c', `set -euo pipefail\n${here}`], {
      cwd: root,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
        HOME: process.env['HOME'],
        KEYS: keys,
      },
    });
    return stdout;
  };
}

const guide = await readFile(join(root, 'docs/keys.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text!);
const keysIn = async (directory: string): Promise<string[]> => (await readdir(directory)).sort();
const inSecs = (secs: number): string => keyTime(new Date(Date.now() + secs * 1000));

it('the commands of the guide make the first key, show it, replace it and remove it', async () => {
  expect(commands).toHaveLength(4);
  const [make, show, replace, prune] = commands as [string, string, string, string];
  const keys = join(await scratchDirectory('keys'), 'keys');
  await shell(keys)(make);
  const [first] = (await keysIn(keys)) as [string];
  expect((await stat(join(keys, first))).mode & 0o777).toBe(0o600);
  expect((await stat(keys)).mode & 0o777).toBe(0o700);
  expect(first.slice(0, 16) <= inSecs(0)).toBe(true);

  const product = await startProduct({
    ARCANA_SECURITY__JWT_ALGORITHM: 'ES256',
    ARCANA_SECURITY__JWT_KEYS_DIRECTORY: keys,
  });
  try {
    const type = shell(keys, product);
    const published = JSON.parse(await type(show));
    const { token } = await product.people.newcomer();
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());
    expect(published.keys).toEqual([expect.objectContaining({ kid, alg: 'ES256' })]);

    expect(await type(replace)).toMatch(/^.* signs from .*$/m);
    const [, second] = (await keysIn(keys)) as [string, string];
    // In an hour, give or take how long this takes.
    expect(second > inSecs(3500) && second < inSecs(3700)).toBe(true);
    expect(await type(prune)).toContain('No key is over.');
    expect(await keysIn(keys)).toEqual([first, second]);

    // An hour and the lifetime of tokens later.
    await rename(join(keys, first), join(keys, `${inSecs(-9000)}-first.pem`));
    await rename(join(keys, second), join(keys, `${inSecs(-1100)}-second.pem`));
    expect(await type(prune)).toMatch(/-first\.pem is removed\./);
    expect(await keysIn(keys)).toEqual([expect.stringMatching(/-second\.pem$/)]);
    expect(await type(prune)).toContain('No key is over.');
  } finally {
    await product.stop();
  }
});

it.each([
  ['RS256', /\.pem$/],
  ['HS256', /\.secret$/],
])('a key for %s is made in the same way, and one that signs at once', async (algorithm, name) => {
  const keys = join(await scratchDirectory('keys'), 'keys');
  const type = shell(keys);
  await type(`npm run keys -- ${algorithm} "$KEYS"`);
  await type(`npm run keys -- ${algorithm} "$KEYS" --signs-in-secs=0`);
  const names = await keysIn(keys);
  expect(names).toEqual([expect.stringMatching(name), expect.stringMatching(name)]);
  expect(names[1]!.slice(0, 16) <= inSecs(0)).toBe(true);
  const product = await startProduct({
    ARCANA_SECURITY__JWT_ALGORITHM: algorithm,
    ARCANA_SECURITY__JWT_KEYS_DIRECTORY: keys,
  });
  const { token } = await product.people.newcomer();
  expect((await product.rest.get('/api/v1/auth/me', { token })).status).toBe(200);
  await product.stop();
  await rm(keys, { recursive: true });
});

it.each([
  ['', /Say what to make and where/],
  ['ES512 "$KEYS"', /Say what to make and where/],
  ['constructor "$KEYS"', /Say what to make and where/],
  ['ES256', /Say what to make and where/],
  ['ES256 "$KEYS" --signs-in-secs=soon', /soon is no whole number of seconds/],
  ['ES256 "$KEYS" --sign-in-secs=5', /sign-in-secs/],
  ['prune "$KEYS/nowhere"', /ENOENT/],
])('npm run keys -- %s is refused with a sentence and makes nothing', async (words, message) => {
  const keys = join(await scratchDirectory('keys'), 'keys');
  const failed = await shell(keys)(`npm run keys -- ${words}`).catch(
    (error: unknown) => error as { stderr: string },
  );
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  await expect(readdir(keys)).rejects.toThrow('ENOENT');
});
