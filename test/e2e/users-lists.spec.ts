import pg from 'pg';
import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const LIST = 'arcana.user.v1.UserService/ListUsers';

describeOverLinks('lists of accounts by cursor', (product) => {
  let token: string;
  const get = (path: string) => product().rest.get(path, { token });
  const call = async (request: object): Promise<Json> =>
    (await product().grpc.unary<Json>(LIST, request, { token })).response;
  const ids = (page: Json): string[] => page.data.map(({ id }: Json) => id as string);

  /** The targets of a Link header by their relation. */
  const links = (header: string | null): Record<string, string> =>
    Object.fromEntries(
      [...(header ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, target, relation]) => [
        relation,
        target,
      ]),
    );

  beforeAll(async () => {
    ({ token } = await product().people.withRole('admin'));
    const client = new pg.Client({ connectionString: product().app.database.url });
    await client.connect();
    await client.query(
      `INSERT INTO users (id, name, email, role, status, last_login_at)
       SELECT gen_random_uuid(), 'Row ' || n % 7, 'row-' || n || '@example.test', 'user', 'active',
         CASE WHEN n % 3 > 0 THEN now() - n % 4 * interval '1 day' END FROM generate_series(1, 25) n`,
    );
    await client.end();
  });

  it.each(['created_at', 'updated_at', 'last_login_at', 'name', 'email'])(
    'follow the Link header on and back, by %s, alike on both protocols',
    async (sort) => {
      for (const order of ['asc', 'desc']) {
        const all = ids((await get(`/api/v1/users?search=row-&sort=${sort}&order=${order}&size=100`)).body);
        expect(all).toHaveLength(25);
        const pages: string[][] = [];
        let path: string | undefined =
          `/api/v1/users?search=row-&sort=${sort}&order=${order}&size=10&cursor=`;
        let back: string | undefined;
        let message: Json = {
          search: 'row-',
          sort,
          order: `SORT_ORDER_${order.toUpperCase()}`,
          size: 10,
          cursor: '',
        };
        while (path !== undefined) {
          const { status, body, headers } = await get(path);
          expect([status, Object.keys(body)]).toEqual([200, ['data', 'next_cursor']]);
          const { next, prev } = links(headers.get('link'));
          expect([next === undefined, prev === undefined]).toEqual([
            body.next_cursor === null,
            pages.length === 0,
          ]);
          const answer = await call(message);
          expect(ids(answer)).toEqual(ids(body));
          expect([answer.next_cursor ?? null, answer.total]).toEqual([body.next_cursor, '0']);
          pages.push(ids(body));
          [path, back] = [next, prev];
          message = { ...message, cursor: answer.next_cursor };
        }
        expect(pages.flat()).toEqual(all);
        const before = await get(back!);
        expect(ids(before.body)).toEqual(pages[1]);
        expect(links(before.headers.get('link'))).toEqual({
          next: expect.any(String),
          prev: expect.any(String),
        });
        const first = await get(links(before.headers.get('link'))['prev']!);
        expect(ids(first.body)).toEqual(pages[0]);
        expect(Object.keys(links(first.headers.get('link')))).toEqual(['next']);
      }
    },
  );

  it('refuse a cursor that is none, or another list’s', async () => {
    const { body } = await get('/api/v1/users?cursor=&size=2');
    const good = String(body.next_cursor);
    const refused: [string, string][] = [
      [`cursor=${good}&order=asc`, 'INVALID_USER_CURSOR'],
      [`cursor=${good}&search=row-`, 'INVALID_USER_CURSOR'],
      [`cursor=${good}&role=user`, 'INVALID_USER_CURSOR'],
      [`cursor=${good}x`, 'INVALID_USER_CURSOR'],
      ['cursor=AAAA', 'INVALID_USER_CURSOR'],
      ['cursor=%00', 'IS_CURSOR'],
      ['cursor=a+b', 'IS_CURSOR'],
      [`cursor=${'A'.repeat(2049)}`, 'IS_CURSOR'],
      [`cursor=${good}&cursor=${good}`, 'IS_CURSOR'],
      [`cursor=${good}&page=1`, 'EXCLUDES_PAGE'],
    ];
    for (const [query, code] of refused) {
      expect([query, ...problemOf(await get(`/api/v1/users?size=2&${query}`))]).toEqual([
        query,
        422,
        'VALIDATION_FAILED',
        { cursor: code },
      ]);
    }
    const error = await call({ cursor: `${good}x` }).catch((caught: unknown) => caught as GrpcCallError);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', violations: { cursor: 'INVALID_USER_CURSOR' } });
    expect((await get(`/api/v1/users?cursor=${good}&size=3`)).status).toBe(200);
  });
});
