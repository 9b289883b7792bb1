import { describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { secretKey, signingKeyOf } from './signing-key.js';

const PEM = { type: 'pkcs8', format: 'pem' } as const;
const ec = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength = 3072) => generateKeyPairSync('rsa', { modulusLength });
const pemOf = ({ privateKey }: { privateKey: KeyObject }) => privateKey.export(PEM).toString();
const publicPemOf = ({ publicKey }: { publicKey: KeyObject }) =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

describe('a key file', () => {
  test.each([
    ['ES256', ec()],
    ['RS256', rsa()],
  ] as const)(
    'of %s is named by its thumbprint and shows its public members alone [11.2]',
    async (algorithm, pair) => {
      const { id, jwk, signWith } = signingKeyOf(algorithm, 'a.pem', pemOf(pair));
      const expected = pair.publicKey.export({ format: 'jwk' }) as JWK;
      expect(signWith).toBeDefined();
      expect(jwk).toEqual({ ...expected, kid: id, alg: algorithm, use: 'sig' });
      expect(id).toBe(await calculateJwkThumbprint(expected));
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(jwk).not.toHaveProperty(member);
    },
  );

  test('with the public half alone verifies and does not sign', () => {
    const pair = ec();
    const half = signingKeyOf('ES256', 'a.pem', publicPemOf(pair));
    expect(half.signWith).toBeUndefined();
    expect(half.id).toBe(signingKeyOf('ES256', 'b.pem', pemOf(pair)).id);
  });

  test('may be in any form that openssl writes', () => {
    const { privateKey } = ec();
    const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const { id } = signingKeyOf('ES256', 'a.pem', parameters + sec1);
    expect(id).toBe(signingKeyOf('ES256', 'a.pem', privateKey.export(PEM).toString()).id);
    const pkcs1 = rsa().privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(signingKeyOf('RS256', 'a.pem', pkcs1).signWith).toBeDefined();
  });

  test('signs from the time in its name, and without one since ever', () => {
    const pem = pemOf(ec());
    expect(signingKeyOf('ES256', '20261121T181500Z-ab.pem', pem).signsFrom).toBe(
      Date.UTC(2026, 10, 21, 18, 15),
    );
    expect(signingKeyOf('ES256', 'current.pem', pem).signsFrom).toBe(0);
    expect(() => signingKeyOf('ES256', '20260231T000000Z.pem', pem)).toThrow(/time that does not exist/);
    expect(() => signingKeyOf('ES256', '20261301T000000Z.pem', pem)).toThrow(/time that does not exist/);
  });

  const encrypted = ec()
    .privateKey.export({ ...PEM, cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  test.each([
    ['an RSA key of 2048 bits', 'RS256', pemOf(rsa(2048)), /less than 3072 bits/],
    [
      'an RSA key with the exponent 3',
      'RS256',
      pemOf(generateKeyPairSync('rsa', { modulusLength: 3072, publicExponent: 3 })),
      /exponent below 65537/,
    ],
    ['an RSA-PSS key', 'RS256', pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 3072 })), /no RSA key/],
    ['a curve that is not P-256', 'ES256', pemOf(ec('P-384')), /curve P-256/],
    ['a curve of which there is no JWK', 'ES256', pemOf(ec('brainpoolP256r1')), /curve P-256/],
    ['an Ed25519 key', 'ES256', pemOf(generateKeyPairSync('ed25519')), /curve P-256/],
    ['an RSA key for ES256', 'ES256', pemOf(rsa()), /curve P-256/],
    ['an EC key for RS256', 'RS256', pemOf(ec()), /no RSA key/],
    ['two keys', 'ES256', pemOf(ec()) + pemOf(ec()), /more than one key/],
    ['a key that needs a passphrase', 'ES256', encrypted, /no unencrypted/],
    ['half a key', 'ES256', pemOf(ec()).slice(0, 80), /no unencrypted/],
    ['nothing', 'ES256', '', /no unencrypted/],
    ['something else', 'RS256', randomBytes(500).toString('latin1'), /no unencrypted/],
    ['a short secret', 'HS256', 'x'.repeat(31) + '\n', /less than 32 bytes/],
  ] as const)('with %s is refused in a sentence without it [9.1, 11.2]', (_, algorithm, text, message) => {
    expect(() => signingKeyOf(algorithm, 'a.pem', text)).toThrow(message);
  });
});

test('a secret signs, shows nothing, and is the same one wherever it lies', () => {
  const secret = 'a secret of thirty-two bytes, or more';
  const key = signingKeyOf('HS256', '20261121T181500Z.secret', `${secret}\n`);
  expect(key.jwk).toBeUndefined();
  expect(key.id).toBe(secretKey('security.jwt_secret', secret).id);
  expect(key.id).not.toContain(secret);
  expect(() => createPublicKey(key.id)).toThrow();
});
