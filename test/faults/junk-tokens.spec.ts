import { randomBytes, randomUUID, sign } from 'node:crypto';
import { KeyMount, newKeyPair } from '../support/key-files.js';
import type { GrpcCallError } from '../support/grpc-client.js';
import { startProduct } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Tokens that are not ours, from noise to one in which only the signature is another's. */
function junkLike(good: string): string[] {
  const [first, second] = good.split('.') as [string, string, string];
  const [header, claims] = [decode(first), decode(second)];
  const signature = (): string => randomBytes(64).toString('base64url');
  const foreign = newKeyPair('ES256').privateKey;
  const byAnother = `${encode({ ...header, alg: 'ES256' })}.${second}`;
  return [
    'x',
    'x'.repeat(3000),
    'e30.e30.e30',
    `${good}=`,
    `${good}.`,
    `${first}.${second}.`,
    `${first}.${second}.${signature()}`,
    `${encode({ ...header, alg: 'none' })}.${second}.`,
    `${encode({ ...header, kid: 'unknown' })}.${second}.${signature()}`,
    `${encode({ ...header, jku: 'https://x.test/' })}.${second}.${signature()}`,
    `${first}.${encode({ ...claims, sid: randomUUID() })}.${signature()}`,
    `${byAnother}.${sign('sha256', Buffer.from(byAnother), { key: foreign, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`,
  ];
}

describe.each(['HS256', 'ES256', 'RS256'] as const)('with keys of %s', (algorithm) => {
  it.each(['direct', 'loopback'])(
    'a token is refused before any database read: the database is cut off, and only a good token misses it (link: %s)',
    async (link) => {
      let proxy: TcpProxy | undefined;
      const key = algorithm === 'HS256' ? randomBytes(48).toString('base64url') : newKeyPair(algorithm).pem;
      const mount = await KeyMount.create({ [algorithm === 'HS256' ? 'a.secret' : 'a.pem']: key });
      const product = await startProduct(
        {
          ARCANA_DEPLOYMENT__LINK: link,
          ARCANA_SECURITY__JWT_ALGORITHM: algorithm,
          ARCANA_SECURITY__JWT_KEYS_DIRECTORY: mount.path,
        },
        async (url) => (proxy = await TcpProxy.start(url)).url,
      );
      try {
        const { rest, grpc, people } = product;
        const { token: known } = await people.newcomer();
        const { token: unasked } = await people.newcomer();
        expect((await rest.get('/api/v1/auth/me', { token: known })).status).toBe(200);
        proxy!.cut();
        expect((await rest.get('/api/v1/auth/me', { token: unasked })).status).toBe(503);
        for (const junk of junkLike(known)) {
          const { status } = await rest.get('/api/v1/auth/me', { token: junk });
          const { code } = await grpc
            .unary('arcana.auth.v1.AuthService/GetCurrentUser', {}, { token: junk })
            .then(
              () => ({ code: 'OK' }),
              (error: unknown) => error as GrpcCallError,
            );
          const { response } = await grpc.unary<Json>('arcana.auth.v1.AuthService/ValidateToken', {
            access_token: junk,
          });
          expect([junk, status, code, response.valid]).toEqual([junk, 401, 'UNAUTHENTICATED', false]);
        }
      } finally {
        // Not restored: what the product still asks for on its way out fails at once.
        await product.stop();
        await proxy?.stop();
        await mount.remove();
      }
    },
  );
});
