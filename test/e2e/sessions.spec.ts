import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks, startProduct, type TestProduct } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import { problemOf, type Json } from '../support/rest-client.js';

const AUTH = 'arcana.auth.v1.AuthService';
const SESSIONS = '/api/v1/auth/sessions';
const NEW_PASSWORD = 'Bassoon-Quintet-8';

describeOverLinks('the sessions of an account', (product) => {
  const statusOf = async ({ token }: Person, path = '/api/v1/auth/me'): Promise<number> =>
    (await product().rest.get(path, { token })).status;
  const refresh = async ({ refreshToken }: Person): Promise<number> =>
    (await product().rest.post('/api/v1/auth/refresh', { refresh_token: refreshToken })).status;
  const list = async ({ token }: Person): Promise<Json[]> =>
    (await product().rest.get(`${SESSIONS}?size=100`, { token })).body.data;
  const failure = (path: string, request: object, token: string): Promise<GrpcCallError> =>
    product()
      .grpc.unary(`${AUTH}/${path}`, request, { token })
      .then(
        () => Promise.reject(new Error(`${path} was accepted`)),
        (error: unknown) => error as GrpcCallError,
      );
  const audited = async (action: string, { id }: Person): Promise<number> => {
    const { token } = await product().people.withRole('super_admin');
    const { body } = await product().rest.get(`/api/v1/audit-logs?action=${action}&target_id=${id}`, {
      token,
    });
    return body.data.length;
  };

  it('are listed with device, address and last use; one’s own is marked, and nobody else’s is there', async () => {
    const { rest, people } = product();
    const person = await people.newcomer();
    await people.newcomer();
    const login = { email: person.email, password: person.password };
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
    };
    expect((await rest.send('POST', '/api/v1/auth/login', { body: login, headers })).status).toBe(200);
    expect((await rest.post('/api/v1/auth/login', { ...login, device_name: 'Laptop' })).status).toBe(200);
    const answer = await rest.get(`${SESSIONS}?size=2`, { token: person.token });
    expect(answer.body).toMatchObject({ page: 0, size: 2, total: 3 });
    expect(answer.headers.get('link')).toContain('rel="next"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const sessions = await list(person);
    expect(sessions.map(({ device_name, current }) => [device_name, current]).sort()).toEqual([
      ['Firefox on Linux', false],
      ['Laptop', false],
      ['node', true],
    ]);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(sessions.find(({ current }) => current)).toEqual({
      id: expect.any(String),
      device_name: 'node',
      ip_address: '127.0.0.1',
      user_agent: 'node',
      created_at: time,
      last_used_at: time,
      expires_at: time,
      idle_expires_at: time,
      current: true,
    });
    expect((await rest.get(`${SESSIONS}?size=101`, { token: person.token })).status).toBe(422);
  });

  it('end one by one, at once for access tokens too [7.4.1]; those of others and unknown ones are not found', async () => {
    const { rest, people } = product();
    const person = await people.newcomer();
    const other = await people.signIn(person);
    const stranger = await people.newcomer();
    const end = (id: string, { token } = person) => rest.send('DELETE', `${SESSIONS}/${id}`, { token });
    const { id } = (await list(other)).find(({ current }) => current);
    expect((await end(id, stranger)).status).toBe(404);
    expect(await statusOf(other)).toBe(200);
    expect((await end(id)).status).toBe(204);
    expect([await statusOf(other), await refresh(other), await statusOf(person)]).toEqual([401, 401, 200]);
    expect((await end(id)).status).toBe(404);
    expect((await end('01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87')).status).toBe(404);
    expect((await end('junk')).status).toBe(422);
    expect(await audited('SESSION_ENDED', person)).toBe(1);
  });

  it.each([
    [
      'REST',
      async (by: Person) => (await product().rest.post('/api/v1/auth/logout-all', undefined, by)).status,
    ],
    [
      'gRPC',
      async ({ token }: Person) => {
        await product().grpc.unary(`${AUTH}/LogoutAll`, {}, { token });
        return 204;
      },
    ],
  ])('end all at once, at once for access tokens too [7.4.1]: %s', async (_protocol, logoutAll) => {
    const { people } = product();
    const person = await people.newcomer();
    const other = await people.signIn(person);
    const stranger = await people.newcomer();
    expect(await logoutAll(person)).toBe(204);
    for (const session of [person, other]) {
      expect([await statusOf(session), await refresh(session)]).toEqual([401, 401]);
    }
    expect(await statusOf(stranger)).toBe(200);
    expect(await audited('LOGGED_OUT_ALL', person)).toBe(1);
    expect(await statusOf(await people.signIn(person))).toBe(200);
  });

  it.each([
    [
      'REST',
      async ({ token }: Person, request: object) =>
        (await product().rest.post('/api/v1/auth/change-password', request, { token })).status,
    ],
    [
      'gRPC',
      async ({ token }: Person, request: object) => {
        await product().grpc.unary(`${AUTH}/ChangePassword`, request, { token });
        return 204;
      },
    ],
  ])(
    'end with a password change, but for the one that asks, at once [7.4.1]: %s',
    async (_protocol, change) => {
      const { people } = product();
      const person = await people.newcomer();
      const other = await people.signIn(person);
      const request = { current_password: person.password, new_password: NEW_PASSWORD };
      expect(await change(person, request)).toBe(204);
      expect([await statusOf(other), await refresh(other)]).toEqual([401, 401]);
      expect([await statusOf(person), await refresh(person)]).toEqual([200, 200]);
      expect(await audited('PASSWORD_CHANGED', person)).toBe(1);
      await expect(people.signIn(person)).rejects.toThrow('401');
      expect(await statusOf(await people.signIn({ ...person, password: NEW_PASSWORD }))).toBe(200);
    },
  );

  it('are left alone by a password change that is refused, on both protocols', async () => {
    const { rest, people } = product();
    const person = await people.newcomer();
    const other = await people.signIn(person);
    const cases: [object, Record<string, string>][] = [
      [
        { current_password: 'Wr0ng-password', new_password: NEW_PASSWORD },
        { current_password: 'CURRENT_PASSWORD_WRONG' },
      ],
      [
        { current_password: person.password, new_password: person.password },
        { new_password: 'PASSWORD_UNCHANGED' },
      ],
      [
        { current_password: person.password, new_password: 'Password123' },
        { new_password: 'PASSWORD_TOO_COMMON' },
      ],
    ];
    for (const [request, fields] of cases) {
      const answer = await rest.post('/api/v1/auth/change-password', request, { token: person.token });
      expect(problemOf(answer)).toEqual([422, 'VALIDATION_FAILED', fields]);
      const error = await failure('ChangePassword', request, person.token);
      expect([error.code, error.violations]).toEqual(['INVALID_ARGUMENT', fields]);
    }
    expect([await statusOf(person), await statusOf(other)]).toEqual([200, 200]);
    expect(await audited('PASSWORD_CHANGE_FAILED', person)).toBe(2);
  });
});

/** Two processes' worth of the product on one database. */
async function startTwo(
  env: Record<string, string>,
): Promise<[TestProduct, TestProduct, () => Promise<void>]> {
  const one = await startProduct(env);
  const secret = { ARCANA_SECURITY__JWT_SECRET: env['ARCANA_SECURITY__JWT_SECRET']! };
  const two = await startProduct({ ...env, ...secret }, async () => one.app.database.url);
  return [
    one,
    two,
    async () => {
      await two.stop();
      await one.stop();
    },
  ];
}

describe.each([0, 10])('fifty parallel refreshes of one token on two instances, grace %i s [F7]', (grace) => {
  let one: TestProduct;
  let two: TestProduct;
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    [one, two, stop] = await startTwo({
      ARCANA_SECURITY__JWT_SECRET: 'sessions-e2e-secret-that-both-instances-share-0123456789',
      ARCANA_SECURITY__REFRESH_REUSE_GRACE_SECS: String(grace),
    });
  });
  afterAll(() => stop?.());

  it(`leave ${grace === 0 ? 'no chain alive: the losers are re-use' : 'exactly one living chain'}`, async () => {
    const person = await one.people.newcomer();
    const send = (refresh_token: string, index: number) =>
      (index % 2 === 0 ? one : two).rest.post('/api/v1/auth/refresh', { refresh_token });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send(person.refreshToken, index)),
    );
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status !== 200);
    const chains = new Set(won.map(({ body }) => body.refresh_token as string));
    expect(chains.size).toBe(1);
    expect([won.length, lost.length]).toEqual(grace === 0 ? [1, 49] : [50, 0]);
    expect(lost.every(({ status, body }) => status === 401 && body.code === 'UNAUTHORIZED')).toBe(true);
    const alive = grace === 0 ? 401 : 200;
    for (const { rest } of [one, two]) {
      expect((await rest.get('/api/v1/auth/me', { token: won[0]!.body.access_token })).status).toBe(alive);
    }
    const [next] = chains;
    expect((await send(next!, 1)).status).toBe(alive);
    // Its successor has been used: from now on the first token is re-use, and ends all of it.
    expect((await send(person.refreshToken, 0)).status).toBe(401);
    expect((await two.rest.get('/api/v1/auth/me', { token: won[0]!.body.access_token })).status).toBe(401);
  });
});
