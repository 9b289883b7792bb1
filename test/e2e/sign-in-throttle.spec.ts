import pg from 'pg';
import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks, startProduct, type TestProduct } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import { problemOf, type RestAnswer } from '../support/rest-client.js';

const LOGIN = 'arcana.auth.v1.AuthService/Login';
const WRONG = 'Wr0ng-password';
/** Reached by nothing: documentation addresses (RFC 5737). */
const HOME = '192.0.2.77';

const BUDGETS = {
  ARCANA_SECURITY__SIGN_IN_THROTTLE__FAILURES_PER_ACCOUNT_AND_ADDRESS: '3',
  ARCANA_SECURITY__SIGN_IN_THROTTLE__FAILURES_PER_ADDRESS: '8',
  ARCANA_SECURITY__SIGN_IN_THROTTLE__FAILURES_PER_ACCOUNT: '6',
  ARCANA_SECURITY__SIGN_IN_THROTTLE__WINDOW_SECS: '86400',
};
const PROXIES = {
  ARCANA_SERVER__REST__TRUSTED_PROXIES: '127.0.0.1',
  ARCANA_SERVER__GRPC__TRUSTED_PROXIES: '127.0.0.1',
};

let addresses = 0;
/** An address that nobody has used. */
const newAddress = (): string => `198.51.${100 + Math.floor(++addresses / 250)}.${addresses % 250}`;

const login = (
  { rest }: TestProduct,
  email: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<RestAnswer> => rest.post('/api/v1/auth/login', { email, password }, { headers });

/** @returns the reason of the refusal, or that there was none */
const loginGrpc = (
  { grpc }: TestProduct,
  email: string,
  password: string,
  metadata: Record<string, string> = {},
): Promise<GrpcCallError | 'in'> =>
  grpc.unary(LOGIN, { email, password }, { metadata }).then(
    () => 'in' as const,
    (error: unknown) => error as GrpcCallError,
  );

const via = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

describeOverLinks(
  'the throttle of signing in',
  (product) => {
    const query = async <T extends object>(sql: string, values: unknown[]): Promise<T[]> => {
      const client = new pg.Client({ connectionString: product().app.database.url });
      await client.connect();
      try {
        return (await client.query<T>(sql, values)).rows;
      } finally {
        await client.end();
      }
    };
    const statuses = async (email: string, password: string, from: string[]): Promise<number[]> => {
      const got = [];
      for (const address of from) got.push((await login(product(), email, password, via(address))).status);
      return got;
    };
    /** Uses up what strangers may fail at an account. */
    const besiege = async (email: string): Promise<void> => {
      const strangers = Array.from({ length: 7 }, newAddress);
      expect(await statuses(email, WRONG, strangers)).toEqual([401, 401, 401, 401, 401, 401, 429]);
    };
    const unlock = (id: string, { token }: Person): Promise<RestAnswer> =>
      product().rest.post(`/api/v1/users/${id}/unlock`, undefined, { token });

    it('[6.3.4] counts REST and gRPC together, and refuses on both alike', async () => {
      const { email, password } = await product().people.newcomer();
      const address = newAddress();
      expect((await login(product(), email, WRONG, via(address))).status).toBe(401);
      const second = await loginGrpc(product(), email, WRONG, via(address));
      expect(second).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' });
      expect((await login(product(), email, WRONG, via(address))).status).toBe(401);

      const refused = await login(product(), email, password, via(address));
      expect(problemOf(refused)).toEqual([429, 'TOO_MANY_REQUESTS', {}]);
      const wait = Number(refused.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(28_000);
      expect(wait).toBeLessThanOrEqual(28_800);
      expect(refused.headers.get('ratelimit-policy')).toBe('"sign-in";q=3;w=86400');
      expect(refused.headers.get('ratelimit')).toBe(`"sign-in";r=0;t=${wait}`);
      const error = (await loginGrpc(product(), email, password, via(address))) as GrpcCallError;
      expect([error.code, error.reason]).toEqual(['RESOURCE_EXHAUSTED', 'TOO_MANY_REQUESTS']);
      expect(error.details.RetryInfo!.retry_delay.seconds).toBeGreaterThan(28_000);
      expect((await login(product(), email, password, via(newAddress()))).status).toBe(200);
    });

    it('[6.3.1] answers alike whether or not the account exists, and writes nothing when it refuses', async () => {
      const known = await product().people.newcomer();
      const seen = [];
      for (const email of [known.email, product().people.newEmail()]) {
        const address = newAddress();
        const answers = [];
        for (let n = 0; n < 5; n++) {
          const { status, headers, body } = await login(product(), email, WRONG, via(address));
          const { request_id: _id, trace_id: _trace, timestamp: _time, ...problem } = body;
          answers.push({ status, policy: headers.get('ratelimit-policy'), problem });
        }
        const count = `SELECT count(*)::integer AS n FROM audit_logs WHERE ip = $1 AND action = 'LOGIN_FAILED'`;
        expect(await query(count, [address])).toEqual([{ n: 3 }]);
        seen.push(answers);
      }
      expect(seen[0]!.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429]);
      expect(seen[1]).toEqual(seen[0]);
    });

    it('[6.1.1] lets strangers keep nobody out of where they signed in before', async () => {
      const { email, password } = await product().people.newcomer();
      expect((await login(product(), email, password, via(HOME))).status).toBe(200);
      await besiege(email);
      expect(await statuses(email, password, [newAddress()])).toEqual([429]);
      // One stranger at the owner's own address, who tries others there.
      for (let n = 0; n < 9; n++) await login(product(), product().people.newEmail(), WRONG, via(HOME));
      expect(await statuses(product().people.newEmail(), WRONG, [HOME])).toEqual([429]);
      expect(await statuses(email, WRONG, [HOME])).toEqual([401]);
      expect(await statuses(email, password, [HOME])).toEqual([200]);
      expect(await loginGrpc(product(), email, password, via(HOME))).toBe('in');
    });

    it('[6.3.1] begins anew with a success', async () => {
      const { email, password } = await product().people.newcomer();
      const address = newAddress();
      for (let round = 0; round < 3; round++) {
        expect(await statuses(email, WRONG, [address, address])).toEqual([401, 401]);
        expect(await statuses(email, password, [address])).toEqual([200]);
      }
    });

    it('is lifted by an administrator, who is on record with it', async () => {
      const { people } = product();
      const { id, email, password, token } = await people.newcomer();
      await besiege(email);
      const admin = await people.withRole('admin');
      expect((await unlock(id, { ...admin, token })).status).toBe(403);
      expect((await unlock(id, admin)).status).toBe(204);
      expect(await statuses(email, password, [newAddress()])).toEqual([200]);
      const record = `SELECT actor_id FROM audit_logs WHERE action = 'USER_UNLOCKED' AND target_id = $1`;
      expect(await query(record, [id])).toEqual([{ actor_id: admin.id }]);
    });

    it('a locked account answers like a wrong password until it is unlocked', async () => {
      const { people, rest } = product();
      const { id, email, password } = await people.newcomer();
      await query(`UPDATE users SET status = 'locked', access_epoch = access_epoch + 1 WHERE id = $1`, [id]);
      expect(problemOf(await login(product(), email, password))).toEqual([401, 'INVALID_CREDENTIALS', {}]);
      const admin = await people.withRole('admin');
      expect((await unlock(id, admin)).status).toBe(204);
      expect((await rest.get(`/api/v1/users/${id}`, { token: admin.token })).body.status).toBe('active');
      expect((await login(product(), email, password)).status).toBe(200);
    });

    it('unlocks no super_admin for an admin, and nobody who does not exist', async () => {
      const { people } = product();
      const root = await people.withRole('super_admin');
      const admin = await people.withRole('admin');
      expect(problemOf(await unlock(root.id, admin))).toEqual([
        403,
        'FORBIDDEN',
        { '': 'SUPER_ADMIN_PROTECTED' },
      ]);
      expect((await unlock('01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87', admin)).status).toBe(404);
      expect((await unlock('1', admin)).status).toBe(422);
    });

    it('is not evaded by claiming other addresses before the one that the proxy saw', async () => {
      const { email } = await product().people.newcomer();
      const address = newAddress();
      const claims = (n: number): Record<string, string> => ({
        'x-forwarded-for': `203.0.113.${n}, ::1, ${HOME}, ${address}`,
        'x-real-ip': `203.0.113.${n}`,
        forwarded: `for=203.0.113.${n}`,
      });
      const got = [];
      for (let n = 0; n < 5; n++) got.push((await login(product(), email, WRONG, claims(n))).status);
      expect(got).toEqual([401, 401, 401, 429, 429]);
      expect(await loginGrpc(product(), email, WRONG, claims(9))).toMatchObject({
        code: 'RESOURCE_EXHAUSTED',
      });
    });

    it('records the address that the proxy saw, on both protocols', async () => {
      const { id, email, password } = await product().people.newcomer();
      const [one, two] = [newAddress(), newAddress()];
      await login(product(), email, password, via(`8.8.8.8, ${one}`));
      await loginGrpc(product(), email, password, via(`8.8.8.8, ::ffff:${two}`));
      const rows = await query<{ ip: string }>(
        'SELECT ip FROM sessions WHERE user_id = $1 ORDER BY created_at',
        [id],
      );
      expect(rows.map(({ ip }) => ip)).toEqual(['127.0.0.1', one, two]);
    });
  },
  { ...BUDGETS, ...PROXIES },
);

describe('without listed proxies', () => {
  it('whatever address a caller claims on REST or gRPC, it is counted by that of its connection', async () => {
    const product = await startProduct(BUDGETS);
    try {
      const email = product.people.newEmail();
      const claims = (n: number): Record<string, string> => ({
        'x-forwarded-for': `203.0.113.${n}`,
        'x-real-ip': `203.0.113.${n}`,
        'x-client-ip': `203.0.113.${n}`,
        forwarded: `for=203.0.113.${n}`,
      });
      expect((await login(product, email, WRONG, claims(1))).status).toBe(401);
      expect(await loginGrpc(product, email, WRONG, claims(2))).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect((await login(product, email, WRONG, claims(3))).status).toBe(401);
      expect((await login(product, email, WRONG, claims(4))).status).toBe(429);
      expect(await loginGrpc(product, email, WRONG, claims(5))).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    } finally {
      await product.stop();
    }
  });
});
