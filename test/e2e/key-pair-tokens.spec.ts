import { createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { GrpcCallError } from '../support/grpc-client.js';
import { KeyMount, newKeyPair, type PairAlgorithm } from '../support/key-files.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';

/** Order of P-256. (r, s) and (r, n - s) are both signatures of the same text. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (token: string, part: 0 | 1): Json =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString());

function signed(header: unknown, claims: unknown, key: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function withSecret(header: unknown, claims: unknown, secret: string | Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function twinOf(token: string): string {
  const [header, payload, signature] = token.split('.');
  const bytes = Buffer.from(signature!, 'base64url');
  const s = N - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${header}.${payload}.${twin.toString('base64url')}`;
}

const pairs = { ES256: newKeyPair('ES256'), RS256: newKeyPair('RS256') };
const mounts = {
  ES256: await KeyMount.create({ 'first.pem': pairs.ES256.pem }),
  RS256: await KeyMount.create({ 'first.pem': pairs.RS256.pem }),
};
afterAll(() => Promise.all(Object.values(mounts).map((mount) => mount.remove())));

describe.each<PairAlgorithm>(['ES256', 'RS256'])('signed with %s', (algorithm) => {
  const other: PairAlgorithm = algorithm === 'ES256' ? 'RS256' : 'ES256';
  const { privateKey, publicKey } = pairs[algorithm];

  describeOverLinks(
    'an access token',
    (product) => {
      let good: string;
      let header: Json;
      let claims: Json;
      const now = Math.floor(Date.now() / 1000);

      beforeAll(async () => {
        good = (await product().people.newcomer()).token;
        [header, claims] = [decode(good, 0), decode(good, 1)];
      });

      async function judge(token: string): Promise<[rest: string, grpc: string, valid: boolean]> {
        const { rest, grpc } = product();
        const answer = await rest.get('/api/v1/auth/me', { token });
        const error = await grpc
          .unary('arcana.auth.v1.AuthService/GetCurrentUser', {}, { token })
          .catch((caught: unknown) => caught as GrpcCallError);
        const { response } = await grpc.unary<Json>('arcana.auth.v1.AuthService/ValidateToken', {
          access_token: token,
        });
        return [
          `${answer.status} ${String(answer.body.code)}`,
          'code' in error ? `${error.code} ${String(error.reason)}` : 'OK',
          response.valid,
        ];
      }
      const ACCEPTED = ['200 undefined', 'OK', true];
      const REFUSED = ['401 UNAUTHORIZED', 'UNAUTHENTICATED UNAUTHORIZED', false];

      it('names its key, and a stranger verifies it with the published set [9.1, 11.2]', async () => {
        expect(header).toEqual({ alg: algorithm, typ: 'at+jwt', kid: expect.any(String) });
        const keySet = createRemoteJWKSet(new URL('/.well-known/jwks.json', product().app.restUrl));
        const { payload } = await jwtVerify(good, keySet, {
          algorithms: [algorithm],
          typ: 'at+jwt',
          issuer: 'arcana-cloud',
          audience: 'arcana-cloud',
        });
        expect(payload).toEqual(claims);
      });

      it('as it was issued is accepted, and so is one of the same claims and key', async () => {
        expect(await judge(good)).toEqual(ACCEPTED);
        expect(await judge(signed(header, claims, privateKey))).toEqual(ACCEPTED);
      });

      it('that has expired says so, unless its signature is another’s', async () => {
        const old = { ...claims, iat: now - 2000, exp: now - 1000 };
        expect(await judge(signed(header, old, privateKey))).toEqual([
          '401 TOKEN_EXPIRED',
          'UNAUTHENTICATED TOKEN_EXPIRED',
          false,
        ]);
        expect(await judge(signed(header, old, newKeyPair(algorithm).privateKey))).toEqual(REFUSED);
      });

      const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const publicDer = publicKey.export({ type: 'spki', format: 'der' });
      const jwk = publicKey.export({ format: 'jwk' });
      it.each<[string, (claims: Json, header: Json) => string]>([
        ['signed by another key of the same kind', (c, h) => signed(h, c, newKeyPair(algorithm).privateKey)],
        ['of the other family', (c, h) => signed({ ...h, alg: other }, c, pairs[other].privateKey)],
        ['that calls its algorithm the other family', (c, h) => signed({ ...h, alg: other }, c, privateKey)],
        [
          'that takes the public key for a secret',
          (c, h) => withSecret({ ...h, alg: 'HS256' }, c, publicPem),
        ],
        [
          'that takes its bytes for a secret',
          (c) => withSecret({ alg: 'HS256', typ: 'at+jwt' }, c, publicDer),
        ],
        ['that takes a public key for a secret and says otherwise', (c, h) => withSecret(h, c, publicPem)],
        ['of algorithm none', (c, h) => `${encode({ ...h, alg: 'none' })}.${encode(c)}.`],
        ['without a signature', (c, h) => `${encode(h)}.${encode(c)}.`],
        [
          'with a signature of zeros',
          (c, h) => `${encode(h)}.${encode(c)}.${Buffer.alloc(64).toString('base64url')}`,
        ],
        ['in lower case', (c, h) => signed({ ...h, alg: algorithm.toLowerCase() }, c, privateKey)],
        ['of a longer hash', (c, h) => signed({ ...h, alg: algorithm.replace('256', '512') }, c, privateKey)],
        ['without an algorithm', (c, { alg: _alg, ...h }) => signed(h, c, privateKey)],
        ['of type JWT', (c, h) => signed({ ...h, typ: 'JWT' }, c, privateKey)],
        ['without a type', (c, { typ: _typ, ...h }) => signed(h, c, privateKey)],
        ['that names no key', (c, { kid: _kid, ...h }) => signed(h, c, privateKey)],
        ['that names an unknown key', (c, h) => signed({ ...h, kid: 'unknown' }, c, privateKey)],
        ['that names a file', (c, h) => signed({ ...h, kid: 'first.pem' }, c, privateKey)],
        ['whose key is no text', (c, h) => signed({ ...h, kid: [h.kid] }, c, privateKey)],
        ['whose key is a member of objects', (c, h) => signed({ ...h, kid: '__proto__' }, c, privateKey)],
        ['that brings its key', (c, h) => signed({ ...h, jwk }, c, privateKey)],
        [
          'that brings the address of a key set',
          (c, h) => signed({ ...h, jku: 'http://x.test/' }, c, privateKey),
        ],
        [
          'that brings the address of a certificate',
          (c, h) => signed({ ...h, x5u: 'http://x.test/' }, c, privateKey),
        ],
        ['that brings a certificate', (c, h) => signed({ ...h, x5c: ['MIIB'] }, c, privateKey)],
        ['that demands an extension', (c, h) => signed({ ...h, crit: ['exp'] }, c, privateKey)],
        ['with a header nobody knows', (c, h) => signed({ ...h, note: 1 }, c, privateKey)],
        ['of another issuer', (c, h) => signed(h, { ...c, iss: 'somebody' }, privateKey)],
        ['for another audience', (c, h) => signed(h, { ...c, aud: 'somebody' }, privateKey)],
        ['for several audiences', (c, h) => signed(h, { ...c, aud: [c.aud, 'somebody'] }, privateKey)],
        ['that is not valid yet', (c, h) => signed(h, { ...c, nbf: now + 1000 }, privateKey)],
        ['without an expiry', ({ exp: _exp, ...c }, h) => signed(h, c, privateKey)],
        ['of a session that is not there', (c, h) => signed(h, { ...c, sid: randomUUID() }, privateKey)],
        [
          'of an Ed25519 key',
          (c, h) => {
            const input = `${encode({ ...h, alg: 'EdDSA' })}.${encode(c)}`;
            const key = generateKeyPairSync('ed25519').privateKey;
            return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
          },
        ],
      ])('%s is refused on REST and gRPC [9.1, 9.2]', async (_what, make) => {
        expect(await judge(make(claims, header))).toEqual(REFUSED);
      });

      it('in any other spelling of the same bytes is refused [9.1]', async () => {
        const [first, payload, signature] = good.split('.') as [string, string, string];
        for (const spelling of [
          `${good}=`,
          `${first}=.${payload}.${signature}`,
          `${first}.${payload}.${signature.slice(0, 9)}!${signature.slice(9)}`,
          `${first}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
          `${good}.`,
          `${good}.${signature}`,
        ]) {
          expect([spelling, await judge(spelling)]).toEqual([spelling, REFUSED]);
        }
      });

      it('is no identity: what ends its session ends every text that verifies as it [7.4.1]', async () => {
        const { token } = await product().people.newcomer();
        const same = signed(decode(token, 0), decode(token, 1), privateKey);
        const texts = [token, same, ...(algorithm === 'ES256' ? [twinOf(token), twinOf(same)] : [])];
        for (const text of texts) expect(await judge(text)).toEqual(ACCEPTED);
        expect(
          (await product().rest.post('/api/v1/auth/logout', undefined, { token: texts.at(-1)! })).status,
        ).toBe(204);
        for (const text of texts) expect(await judge(text)).toEqual(REFUSED);
      });

      it('is verified with a set that shows public members alone and may be kept for a minute [11.2]', async () => {
        const answer = await product().rest.get('/.well-known/jwks.json');
        const members = algorithm === 'ES256' ? ['crv', 'x', 'y'] : ['n', 'e'];
        expect(answer.body.keys).toHaveLength(1);
        expect(Object.keys(answer.body.keys[0]).sort()).toEqual(
          [...members, 'alg', 'kid', 'kty', 'use'].sort(),
        );
        expect(answer.body.keys[0]).toMatchObject({ ...jwk, kid: header.kid, alg: algorithm, use: 'sig' });
        for (const secret of Object.values(privateKey.export({ format: 'jwk' })).filter(
          (value) => !Object.values(jwk).includes(value),
        ))
          expect(answer.text).not.toContain(secret);
        expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
        const etag = answer.headers.get('etag')!;
        for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
          const again = await product().rest.get('/.well-known/jwks.json', {
            headers: { 'if-none-match': known },
          });
          expect([known, again.status, again.text, again.headers.get('etag')]).toEqual([
            known,
            304,
            '',
            etag,
          ]);
        }
        const stale = await product().rest.get('/.well-known/jwks.json', {
          headers: { 'if-none-match': '"x"' },
        });
        expect(stale.status).toBe(200);
      });
    },
    {
      ARCANA_SECURITY__JWT_ALGORITHM: algorithm,
      ARCANA_SECURITY__JWT_KEYS_DIRECTORY: mounts[algorithm].path,
    },
  );
});

describeOverLinks('signed with a secret, the product', (product) => {
  it('publishes an empty set of keys, and names none in its tokens [11.2]', async () => {
    const { status, body } = await product().rest.get('/.well-known/jwks.json');
    expect([status, body]).toEqual([200, { keys: [] }]);
    const { token } = await product().people.newcomer();
    expect(decode(token, 0)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
  });
});
