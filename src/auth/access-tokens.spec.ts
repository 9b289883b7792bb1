import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { createHmac } from 'node:crypto';
import { ArcanaConfig } from '../platform/config/index.js';
import { createRegistry, SigningKeyMetrics } from '../platform/observability/index.js';
import { AccessTokens } from './access-tokens.js';
import { SigningKeys } from './signing-keys.js';

const SUBJECT = {
  sub: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
  sid: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88',
  role: 'moderator',
};
const SECRET = 'a secret of thirty-two bytes, or more';

const signingKeys = (config: ArcanaConfig): Promise<SigningKeys> =>
  SigningKeys.open(config, new SigningKeyMetrics(createRegistry()));

async function accessTokens(secret = SECRET): Promise<AccessTokens> {
  const config = new ArcanaConfig();
  config.security.jwt_secret = secret;
  return new AccessTokens(config, await signingKeys(config));
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const claims = (fields: object = {}) => ({
  sub: SUBJECT.sub,
  sid: SUBJECT.sid,
  roles: ['user'],
  jti: 'j',
  iat: now(),
  exp: now() + 900,
  iss: 'arcana-cloud',
  aud: 'arcana-cloud',
  ...fields,
});

/** A token with a right signature, whatever it says. */
function forge(header: object, payload: object, secret = SECRET): string {
  const body = `${encode(header)}.${encode(payload)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}
const HEADER = { alg: 'HS256', typ: 'at+jwt' };

afterEach(() => {
  jest.useRealTimers();
});

describe('a token of ours', () => {
  test('says whose it is, and is verified again and again', async () => {
    const tokens = await accessTokens();
    const token = await tokens.sign(SUBJECT, 900);
    for (let round = 0; round < 3; round++) {
      expect(await tokens.verify(token)).toMatchObject({
        sub: SUBJECT.sub,
        sid: SUBJECT.sid,
        roles: ['moderator'],
      });
    }
    const [header, payload] = token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual(HEADER);
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub']);
    expect(payload.exp - payload.iat).toBe(900);
  });

  test('is not equal to the next one', async () => {
    const tokens = await accessTokens();
    expect(await tokens.sign(SUBJECT, 900)).not.toBe(await tokens.sign(SUBJECT, 900));
  });

  test('is verified by another process with the same key and by none with another', async () => {
    const token = await (await accessTokens()).sign(SUBJECT, 900);
    await expect((await accessTokens()).verify(token)).resolves.toMatchObject({ sub: SUBJECT.sub });
    const stranger = await accessTokens('another secret of thirty-two bytes');
    await expect(stranger.verify(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test.each([
    ['remembered', true],
    ['seen for the first time', false],
  ])('expires after its time and the leeway, also when it is %s', async (_, isRemembered) => {
    const tokens = await accessTokens();
    const token = await tokens.sign(SUBJECT, 900);
    if (isRemembered) await tokens.verify(token);
    const start = Date.now();
    jest.useFakeTimers({ now: start + 915_000, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    await expect(tokens.verify(token)).resolves.toBeDefined();
    jest.setSystemTime(start + 931_000);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  test('is forgotten when ten thousand younger ones were verified, and verified anew', async () => {
    const tokens = await accessTokens();
    const first = await tokens.sign(SUBJECT, 900);
    await tokens.verify(first);
    for (let count = 0; count < 10_000; count++)
      await tokens.verify(forge(HEADER, claims({ jti: String(count) })));
    await expect(tokens.verify(first)).resolves.toMatchObject({ sub: SUBJECT.sub });
  }, 60_000);
});

describe('a token is refused', () => {
  const refused = async (token: string, code = 'UNAUTHORIZED') =>
    expect((await accessTokens()).verify(token)).rejects.toMatchObject({ code });

  test.each([
    ['alg none', { alg: 'none', typ: 'at+jwt' }],
    ['another algorithm', { alg: 'HS512', typ: 'at+jwt' }],
    ['an asymmetric algorithm', { alg: 'RS256', typ: 'at+jwt' }],
    ['no type', { alg: 'HS256' }],
    ['the type of an identity token', { alg: 'HS256', typ: 'JWT' }],
    ['a key of its own', { ...HEADER, jwk: { kty: 'oct', k: 'AAAA' } }],
    ['the address of a key', { ...HEADER, jku: 'https://evil.example/jwks' }],
    ['the address of a certificate', { ...HEADER, x5u: 'https://evil.example/x5u' }],
    ['a critical extension', { ...HEADER, crit: ['exp'] }],
    ['an unencoded payload', { ...HEADER, b64: false }],
    ['no object at all', []],
  ])('with %s in its header', async (_, header) => refused(forge(header, claims())));

  test.each([
    ['another issuer', { iss: 'somebody' }],
    ['another audience', { aud: 'somebody' }],
    ['several audiences, none of them ours', { aud: ['a', 'b'] }],
    ['several audiences, ours among them', { aud: ['arcana-cloud', 'b'] }],
    ['no issuer', { iss: undefined }],
    ['no expiry', { exp: undefined }],
    ['no session', { sid: undefined }],
    ['no id', { jti: undefined }],
    ['an id that is no text', { jti: 7 }],
    ['an account that is no UUID', { sub: `' OR 1=1 --` }],
    ['a session that is no UUID', { sid: { id: 1 } }],
    ['roles that are no list', { roles: 'admin' }],
    ['roles that are no texts', { roles: [1] }],
    ['a time before which it is not valid', { nbf: now() + 600 }],
    ['an expiry that is no number', { exp: 'never' }],
  ])('with %s', async (_, fields) => refused(forge(HEADER, claims(fields))));

  test('when it has expired', async () =>
    refused(forge(HEADER, claims({ exp: now() - 31 })), 'TOKEN_EXPIRED'));

  test('when it has expired and is not ours, without saying that it has expired', async () => {
    await refused(forge(HEADER, claims({ exp: now() - 31 }), 'another secret of thirty-two bytes'));
  });

  test('when a single character was changed', async () => {
    const token = await (await accessTokens()).sign(SUBJECT, 900);
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const richer = encode(claims({ roles: ['super_admin'] }));
    await refused(`${header}.${richer}.${signature}`);
    await refused(`${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`);
    await refused(`${header}.${payload}.`);
  });

  test('when it is the same bytes in another spelling', async () => {
    const token = await (await accessTokens()).sign(SUBJECT, 900);
    const spelt = (change: (signature: string) => string) => token.replace(/[^.]+$/, change);
    // 32 bytes end in a character whose last two bits are unused: the next character decodes to the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = spelt(
      (signature) => `${signature.slice(0, -1)}${alphabet[alphabet.indexOf(signature.at(-1)!) + 1]}`,
    );
    expect(Buffer.from(twin.split('.')[2]!, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2]!, 'base64url'),
    );
    await refused(twin);
    await refused(spelt((signature) => `${signature}=`));
    await refused(spelt((signature) => `${signature.slice(0, 5)} ${signature.slice(5)}`));
    await refused(spelt((signature) => `${signature}\n`));
    await refused(spelt((signature) => `${signature.slice(0, 5)}!${signature.slice(5)}`));
  });

  test.each([
    '',
    '.',
    '..',
    'a.b',
    'a.b.c.d',
    'not a token',
    'x'.repeat(3000),
    `${encode('x')}.a.b`,
    'e30.e30.e30',
  ])('when it is junk: %s', async (junk) => refused(junk));

  test('when another library signed it with everything right but the type', async () => {
    const jwt = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    await refused(jwt);
  });
});

test('without a key there are no tokens in production', async () => {
  const config = new ArcanaConfig();
  config.environment = 'production';
  await expect(signingKeys(config)).rejects.toMatchObject({
    problems: [expect.stringContaining('ARCANA_SECURITY__JWT_SECRET')],
  });
});
