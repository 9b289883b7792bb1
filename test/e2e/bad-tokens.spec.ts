import { createHmac, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';

const SECRET = 'a-secret-of-the-tests-with-more-than-32-bytes';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (token: string, part: 0 | 1): Json =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString());

/** A token signed with the product's own key, to see each single claim and header looked at. */
function signed(claims: object, header: object = { alg: 'HS256', typ: 'at+jwt' }, key = SECRET): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

/** The same bytes in other letters: the last letter holds bits that mean nothing. */
function otherSpelling(token: string): string {
  const last = ALPHABET.indexOf(token.at(-1)!);
  return token.slice(0, -1) + ALPHABET[last + 1]!;
}

describeOverLinks(
  'an access token',
  (product) => {
    let good: string;
    let claims: Json;
    const now = Math.floor(Date.now() / 1000);

    beforeAll(async () => {
      good = (await product().people.newcomer()).token;
      claims = decode(good, 1);
    });

    /** What each protocol says to it. */
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

    const REFUSED = ['401 UNAUTHORIZED', 'UNAUTHENTICATED UNAUTHORIZED', false];

    it('as it was issued is accepted, and so is one of the same claims and key', async () => {
      expect(await judge(good)).toEqual(['200 undefined', 'OK', true]);
      expect(await judge(signed(claims))).toEqual(['200 undefined', 'OK', true]);
    });

    it('that has expired says so', async () => {
      const expired = signed({ ...claims, iat: now - 2000, exp: now - 1000 });
      expect(await judge(expired)).toEqual(['401 TOKEN_EXPIRED', 'UNAUTHENTICATED TOKEN_EXPIRED', false]);
      const { headers } = await product().rest.get('/api/v1/auth/me', { token: expired });
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    });

    it.each<[string, (claims: Json) => string]>([
      ['signed with another key', (c) => signed(c, undefined, 'another-key-of-the-same-length-as-the-right')],
      ['without a signature', (c) => `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${encode(c)}.`],
      ['of algorithm none', (c) => `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(c)}.`],
      ['of algorithm None', (c) => signed(c, { alg: 'None', typ: 'at+jwt' })],
      ['of algorithm HS512', (c) => signed(c, { alg: 'HS512', typ: 'at+jwt' })],
      ['without an algorithm', (c) => signed(c, { typ: 'at+jwt' })],
      ['of type JWT', (c) => signed(c, { alg: 'HS256', typ: 'JWT' })],
      ['without a type', (c) => signed(c, { alg: 'HS256' })],
      [
        'that brings its own key',
        (c) => signed(c, { alg: 'HS256', typ: 'at+jwt', jwk: { kty: 'oct', k: 'AA' } }),
      ],
      ['that brings a certificate', (c) => signed(c, { alg: 'HS256', typ: 'at+jwt', x5c: ['MIIB'] })],
      ['that brings an address', (c) => signed(c, { alg: 'HS256', typ: 'at+jwt', jku: 'http://x.test/' })],
      ['with a header nobody knows', (c) => signed(c, { alg: 'HS256', typ: 'at+jwt', note: 1 })],
      ['for several audiences', (c) => signed({ ...c, aud: [c.aud, 'somebody'] })],
      ['that names a key', (c) => signed(c, { alg: 'HS256', typ: 'at+jwt', kid: '../../dev/null' })],
      ['that demands an extension', (c) => signed(c, { alg: 'HS256', typ: 'at+jwt', crit: ['x'], x: 1 })],
      ['of another issuer', (c) => signed({ ...c, iss: 'somebody' })],
      ['for another audience', (c) => signed({ ...c, aud: 'somebody' })],
      ['that is not valid yet', (c) => signed({ ...c, nbf: now + 1000 })],
      ['without an expiry', ({ exp: _exp, ...c }) => signed(c)],
      ['without a subject', ({ sub: _sub, ...c }) => signed(c)],
      ['without a session', ({ sid: _sid, ...c }) => signed(c)],
      ['of a session that is not there', (c) => signed({ ...c, sid: randomUUID() })],
      ['of somebody else in this session', (c) => signed({ ...c, sub: randomUUID() })],
      ['whose session is SQL', (c) => signed({ ...c, sid: "' OR '1'='1" })],
    ])('%s is refused [9.1, 9.2]', async (_what, make) => {
      expect(await judge(make(claims))).toEqual(REFUSED);
    });

    it('gains nothing by claiming a higher role', async () => {
      const token = signed({ ...claims, roles: ['super_admin'] });
      expect((await product().rest.get('/api/v1/users', { token })).status).toBe(403);
    });

    it('signed by a private key is refused, and so is one that takes a public key for the secret', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      const input = `${encode({ alg: 'RS256', typ: 'at+jwt' })}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(input), createPrivateKey(privateKey)).toString(
        'base64url',
      );
      expect(await judge(`${input}.${signature}`)).toEqual(REFUSED);
      expect(await judge(signed(claims, undefined, publicKey))).toEqual(REFUSED);
    });

    it('in any other spelling of the same bytes is refused', async () => {
      const [header, payload, signature] = good.split('.') as [string, string, string];
      const spellings = [
        `${header}.${payload}.${otherSpelling(signature)}`,
        `${good}=`,
        `${header}=.${payload}.${signature}`,
        `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}=`,
        `${good}.`,
        `${good}.${signature}`,
        `.${good}`,
        `${header}..${payload}.${signature}`,
        `${header}.${payload}`,
      ];
      expect(Buffer.from(otherSpelling(signature), 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
      for (const spelling of spellings)
        expect([spelling, await judge(spelling)]).toEqual([spelling, REFUSED]);
    });

    it('that is junk is refused', async () => {
      for (const junk of ['x', 'a.b.c', 'null', '..', 'e30.e30.e30', 'x'.repeat(3000), `${good}${good}`]) {
        expect([junk, await judge(junk)]).toEqual([junk, REFUSED]);
      }
    });

    it('ends at once with the account’s role', async () => {
      const { rest, people } = product();
      const admin = await people.appoint('admin');
      const root = await people.withRole('super_admin');
      expect((await rest.get('/api/v1/users', { token: admin.token })).status).toBe(200);
      await rest.send('DELETE', `/api/v1/users/${admin.id}`, { token: root.token });
      expect(await judge(admin.token)).toEqual(REFUSED);
    });
  },
  { ARCANA_SECURITY__JWT_SECRET: SECRET },
);
