import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

describeOverLinks('the audit log', (product) => {
  let token: string;
  beforeAll(async () => {
    ({ token } = await product().people.withRole('admin'));
  });

  const get = (query: string) => product().rest.get(`/api/v1/audit-logs${query}`, { token });

  it('tells administrators who changed what, from where', async () => {
    const ada = await product().people.newcomer();
    const headers = { 'x-request-id': `rename.${ada.id}`, 'user-agent': 'audit-test' };
    await product().rest.send('PATCH', `/api/v1/users/${ada.id}`, {
      token: ada.token,
      body: { name: 'Countess' },
      headers,
    });
    const { status, body } = await get(`?request_id=rename.${ada.id}`);
    expect([status, body]).toEqual([
      200,
      {
        data: [
          {
            id: expect.any(String),
            occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
            action: 'USER_UPDATED',
            actor_id: ada.id,
            actor_via: 'access_token',
            target_id: ada.id,
            details: { fields: ['name'], before: { name: 'Ada Lovelace' }, after: { name: 'Countess' } },
            request_id: `rename.${ada.id}`,
            trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
            ip: '127.0.0.1',
            user_agent: 'audit-test',
            route: 'PATCH /api/v1/users/:id',
          },
        ],
        next_cursor: null,
      },
    ]);
  });

  it('answers the same over gRPC', async () => {
    const ada = await product().people.newcomer();
    const list = 'arcana.audit.v1.AuditService/ListAuditLogs';
    const call = await product().grpc.unary(list, { target_id: ada.id, size: 1 }, { token });
    const response = call.response as Json;
    const [entry] = (await get(`?target_id=${ada.id}&size=1`)).body.data;
    expect(response.data[0]).toMatchObject({ id: entry.id, action: 'LOGIN_SUCCEEDED', ip: '127.0.0.1' });
    expect(response.next_cursor).toEqual(expect.any(String));
    await expect(product().grpc.unary(list, { cursor: 'abc' }, { token })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('names an account by one spelling of its id, however the caller wrote it', async () => {
    const ada = await product().people.newcomer();
    const request = { id: ada.id.toUpperCase(), user: { name: 'Countess' } };
    await product().grpc.unary('arcana.user.v1.UserService/UpdateUser', request, { token });
    for (const target of [ada.id, ada.id.toUpperCase()]) {
      const { body } = await get(`?action=USER_UPDATED&target_id=${target}`);
      expect(body.data).toMatchObject([{ target_id: ada.id, details: { after: { name: 'Countess' } } }]);
    }
  });

  it('is walked page by page, each entry once', async () => {
    const ada = await product().people.newcomer();
    for (let n = 0; n < 4; n++) await product().people.signIn(ada);
    const walk = async (
      start: string,
      way: 'next' | 'prev',
    ): Promise<{ pages: string[][]; last: string }> => {
      const pages: string[][] = [];
      let [at, last]: [string | undefined, string] = [start, start];
      while (at !== undefined) {
        const answer = await get(at);
        pages.push(answer.body.data.map(({ id }: { id: string }) => id));
        last = at;
        at = new RegExp(`<[^<?]*(\\?[^>]*)>; rel="${way}"`).exec(answer.headers.get('link') ?? '')?.[1];
      }
      return { pages, last };
    };
    const { pages, last } = await walk(`?target_id=${ada.id}&action=LOGIN_SUCCEEDED&size=2`, 'next');
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat()).size).toBe(5);
    expect((await walk(last, 'prev')).pages).toEqual(pages.toReversed());
  });

  it.each([
    ['?cursor=abc', 'cursor', 'INVALID_AUDIT_CURSOR'],
    ['?actor_id=1', 'actor_id', expect.any(String)],
    ['?action=', 'action', expect.any(String)],
    ['?action=a&action=b', 'action', expect.any(String)],
    ['?target_id=%00', 'target_id', expect.any(String)],
    ['?occurred_after=yesterday', 'occurred_after', expect.any(String)],
    ['?size=1000', 'size', expect.any(String)],
    ['?actor=1', 'actor', expect.any(String)],
  ])('refuses %s', async (query, field, code) => {
    expect(problemOf(await get(query))).toEqual([422, 'VALIDATION_FAILED', { [field]: code }]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('cannot be written to: %s', async (method) => {
    expect((await product().rest.send(method, '/api/v1/audit-logs', { token })).status).toBe(405);
  });
});
