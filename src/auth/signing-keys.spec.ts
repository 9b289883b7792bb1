import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArcanaConfig, type JwtAlgorithm } from '../platform/config/index.js';
import { createRegistry, SigningKeyMetrics } from '../platform/observability/index.js';
import { AccessTokens } from './access-tokens.js';
import { SigningKeys } from './signing-keys.js';

const SUBJECT = {
  sub: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
  sid: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88',
  role: 'user',
};
/** Of the configuration below: three readings of a second. */
const SETTLING_MS = 3000;
const START = Date.UTC(2026, 10, 21, 12);
const nameAt = (ms: number, suffix = '.pem') =>
  `${new Date(START + ms).toISOString().replace(/[-:]|\.\d+/g, '')}${suffix}`;

const newPem = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
const publicHalf = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
const newSecret = () =>
  `${Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' })).toString('hex')}\n`;

let directory: string;
let warnings: string[];
const opened: SigningKeys[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arcana-keys-'));
  jest.useFakeTimers({ now: START, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  warnings = [];
  jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: string) => void warnings.push(text));
});

afterEach(async () => {
  for (const keys of opened.splice(0)) await keys.onModuleDestroy();
  jest.restoreAllMocks();
  jest.useRealTimers();
  await rm(directory, { recursive: true, force: true });
});

const put = async (name: string, text: string, mode = 0o600) => {
  await writeFile(join(directory, name), text, { mode });
  await chmod(join(directory, name), mode);
};
const remove = (name: string) => rm(join(directory, name));

async function open({
  algorithm = 'ES256',
  registry = createRegistry(),
  ...rest
}: {
  algorithm?: JwtAlgorithm;
  registry?: ReturnType<typeof createRegistry>;
  secret?: string;
  production?: boolean;
} = {}) {
  const config = new ArcanaConfig();
  Object.assign(config.security, {
    jwt_algorithm: algorithm,
    jwt_keys_directory: directory,
    jwt_keys_reload_secs: 1,
    jwt_secret: rest.secret,
  });
  if (rest.production) config.environment = 'production';
  const keys = await SigningKeys.open(config, new SigningKeyMetrics(registry));
  opened.push(keys);
  return { keys, tokens: new AccessTokens(config, keys), registry };
}

const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());

describe('the key that signs', () => {
  test('is the one whose time came last', async () => {
    await put(nameAt(-2000), newPem());
    await put(nameAt(-1000), newPem());
    await put(nameAt(5000), newPem());
    const { keys } = await open();
    expect(keys.signing().name).toBe(nameAt(-1000));
    jest.setSystemTime(START + 5000);
    expect(keys.signing().name).toBe(nameAt(5000));
  });

  test('is the only one there, though its time has not come', async () => {
    await put(nameAt(60_000), newPem());
    await put(nameAt(90_000), newPem());
    expect((await open()).keys.signing().name).toBe(nameAt(60_000));
  });

  test('is never a public half, and a half beside its whole changes nothing', async () => {
    const pem = newPem();
    await put('a.pem', pem);
    await put('b.pem', publicHalf(pem));
    await put('c.pem', publicHalf(newPem()));
    const { keys } = await open();
    expect(keys.signing().name).toBe('a.pem');
    expect(keys.published()).toHaveLength(2);
  });

  test('is published and accepted by others before it signs, even if its time has come already', async () => {
    await put(nameAt(-1000), newPem());
    const one = await open();
    const other = await open();
    await put(nameAt(0), newPem());
    await one.keys.reload();
    expect(one.keys.published()).toHaveLength(2);
    expect(one.keys.signing().name).toBe(nameAt(-1000));
    await other.keys.reload();
    jest.setSystemTime(START + SETTLING_MS);
    expect(one.keys.signing().name).toBe(nameAt(0));
    const token = await one.tokens.sign(SUBJECT, 900);
    expect(headerOf(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: one.keys.signing().id });
    await expect(other.tokens.verify(token)).resolves.toMatchObject({ sub: SUBJECT.sub });
  });
});

describe('a key that is withdrawn', () => {
  test('ends its tokens, those that were remembered too, and no others [9.2]', async () => {
    await put(nameAt(-2000), newPem());
    const { keys, tokens } = await open();
    const old = await tokens.sign(SUBJECT, 900);
    await tokens.verify(old);
    await put(nameAt(-1000), newPem());
    await keys.reload();
    jest.setSystemTime(START + SETTLING_MS);
    const young = await tokens.sign(SUBJECT, 900);
    await tokens.verify(young);
    expect([tokens.recall(old), tokens.recall(young)]).toEqual([expect.anything(), expect.anything()]);
    await remove(nameAt(-2000));
    await keys.reload();
    expect([tokens.recall(old), tokens.recall(young)]).toEqual([undefined, expect.anything()]);
    await expect(tokens.verify(old)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('while a token of it is being verified does not get that token remembered', async () => {
    await put('old.pem', newPem());
    const { keys, tokens } = await open();
    const token = await tokens.sign(SUBJECT, 900);
    await put('young.pem', newPem());
    await remove('old.pem');
    const reading = keys.reload();
    let answer = 'pending';
    // Asked over and over while the directory is read: some of the questions are on their way when it is done.
    const questions: Promise<unknown>[] = [];
    void reading.then(() => (answer = 'done'));
    while (answer === 'pending') {
      questions.push(tokens.verify(token).catch(() => undefined));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(questions);
    expect(tokens.recall(token)).toBeUndefined();
  });

  test('may leave its public half behind, so that its tokens live to their end', async () => {
    const pem = newPem();
    await put('a.pem', pem);
    const { keys, tokens } = await open();
    const token = await tokens.sign(SUBJECT, 900);
    await put('b.pem', newPem());
    await put('a.pem', publicHalf(pem));
    await keys.reload();
    expect(keys.signing().name).toBe('b.pem');
    await expect(tokens.verify(token)).resolves.toBeDefined();
  });
});

describe('a reading', () => {
  test('takes place again and again, without anybody asking', async () => {
    await put('a.pem', newPem());
    const { keys } = await open();
    await put('b.pem', newPem());
    jest.advanceTimersByTime(1000);
    await keys.reload();
    expect(keys.published()).toHaveLength(2);
  });

  test('that finds a broken file keeps the key that worked, warns once and is counted', async () => {
    await put('a.pem', newPem());
    const { keys, registry } = await open();
    const { id } = keys.signing();
    await put('a.pem', 'half a');
    await put('b.pem', 'nonsense');
    await keys.reload();
    await keys.reload();
    expect(keys.signing().id).toBe(id);
    expect(warnings).toEqual([
      `${join(directory, 'a.pem')} holds no unencrypted private or public key in PEM form. The keys that worked are kept.`,
      `${join(directory, 'b.pem')} holds no unencrypted private or public key in PEM form. The keys that worked are kept.`,
    ]);
    expect(await registry.metrics()).toContain('\narcana_signing_key_problems 2\n');
    await put('b.pem', newPem());
    await remove('a.pem');
    await keys.reload();
    expect(keys.signing().name).toBe('b.pem');
    expect(await registry.metrics()).toContain('\narcana_signing_key_problems 0\n');
    expect(await registry.metrics()).toContain('\narcana_signing_keys 1\n');
  });

  test('of a directory that is gone or empty keeps all keys until there are others', async () => {
    await put('a.pem', newPem());
    const { keys } = await open();
    await remove('a.pem');
    await keys.reload();
    expect(keys.signing().name).toBe('a.pem');
    await rm(directory, { recursive: true });
    await keys.reload();
    await keys.reload();
    expect(keys.signing().name).toBe('a.pem');
    expect(warnings).toEqual([
      expect.stringContaining('holds no key to sign with any more'),
      expect.stringContaining('cannot be read as a directory of keys (ENOENT)'),
    ]);
    await mkdir(directory);
    await put('b.pem', newPem());
    await keys.reload();
    expect(keys.published().map(({ kid }) => kid)).toEqual([keys.signing().id]);
    expect(keys.signing().name).toBe('b.pem');
  });

  test('sees what Kubernetes swaps by a link, and nothing of how it does', async () => {
    const mount = async (version: string, files: Record<string, string>) => {
      await mkdir(join(directory, `..${version}`));
      for (const [name, text] of Object.entries(files)) await put(join(`..${version}`, name), text);
      await symlink(`..${version}`, join(directory, '..data_tmp'));
      await rename(join(directory, '..data_tmp'), join(directory, '..data'));
      for (const name of Object.keys(files))
        await symlink(join('..data', name), join(directory, name)).catch(() => undefined);
    };
    const [one, two] = [newPem(), newPem()];
    await mount('v1', { [nameAt(-2000)]: one });
    const { keys } = await open();
    await mount('v2', { [nameAt(-2000)]: one, [nameAt(-1000)]: two });
    await rm(join(directory, '..v1'), { recursive: true });
    await keys.reload();
    expect(keys.published()).toHaveLength(2);
    await mount('v3', { [nameAt(-1000)]: two });
    // Its link leads nowhere now, and is removed a moment later.
    await keys.reload();
    expect(keys.published()).toHaveLength(1);
    expect(keys.signing().name).toBe(nameAt(-1000));
    expect(warnings).toEqual([]);
  });

  test('warns of a private key that every user may read, not of a public one', async () => {
    await put('a.pem', newPem(), 0o644);
    await put('b.pem', publicHalf(newPem()), 0o644);
    await put('c.pem', newPem(), 0o440);
    const { keys } = await open();
    await keys.reload();
    expect(warnings).toEqual([
      `${join(directory, 'a.pem')} holds a private key that every user of this machine may read: chmod 600 it.`,
    ]);
  });
});

describe('a start is refused', () => {
  const refused = async (message: RegExp, ...options: Parameters<typeof open>) =>
    expect(open(...options)).rejects.toMatchObject({ problems: [expect.stringMatching(message)] });

  test('without a key', () => refused(/holds no key to sign with: make one with npm run keys -- ES256/));
  test('with public keys alone', async () => {
    await put('a.pem', publicHalf(newPem()));
    await refused(/holds no key to sign with/);
  });
  test('with a broken key beside a good one', async () => {
    await put('a.pem', newPem());
    await put('b.pem', 'nonsense');
    await refused(/b\.pem holds no unencrypted private or public key/);
  });
  test('with a directory in place of a key', async () => {
    await put('a.pem', newPem());
    await mkdir(join(directory, 'b.pem'));
    await refused(/b\.pem is not a regular file/);
  });
  test('without the directory', async () => {
    await rm(directory, { recursive: true });
    await refused(/cannot be read as a directory of keys \(ENOENT\)/);
  });
  test('with more keys than anybody rotates', async () => {
    for (let count = 0; count < 33; count++) await put(`${count}.pem`, '');
    await refused(/holds more than 32 keys: remove those that are over/);
  });
  test('in production with a secret that can be guessed', async () => {
    await put('a.secret', 'change-me-change-me-change-me-change-me');
    await refused(/a\.secret looks like a placeholder, which production refuses/, {
      algorithm: 'HS256',
      production: true,
    });
  });
});

describe('secrets', () => {
  test('follow each other like key pairs, from the one in the configuration on, and are named nowhere', async () => {
    const first = newSecret().trim();
    await put('other.pem', newPem());
    const one = await open({ algorithm: 'HS256', secret: first });
    const other = await open({ algorithm: 'HS256', secret: first });
    const old = await one.tokens.sign(SUBJECT, 900);
    await put(nameAt(0, '.secret'), newSecret());
    await Promise.all([one.keys.reload(), other.keys.reload()]);
    jest.setSystemTime(START + SETTLING_MS);
    expect(one.keys.signing().name).toBe(nameAt(0, '.secret'));
    const young = await one.tokens.sign(SUBJECT, 900);
    expect(headerOf(young)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    for (const token of [old, young]) await expect(other.tokens.verify(token)).resolves.toBeDefined();
    expect(one.keys.published()).toEqual([]);
    const next = await open({ algorithm: 'HS256' });
    await expect(next.tokens.verify(young)).resolves.toBeDefined();
    await expect(next.tokens.verify(old)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('may lie in the directory alone, in production too', async () => {
    await put('a.secret', newSecret());
    const { keys } = await open({ algorithm: 'HS256', production: true });
    expect(keys.signing().name).toBe('a.secret');
  });
});
