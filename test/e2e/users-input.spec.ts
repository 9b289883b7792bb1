import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import { problemOf, type RestAnswer } from '../support/rest-client.js';

const USERS = 'arcana.user.v1.UserService';
const PASSWORD = 'Tr0mbone-Quartet';

/** Addresses that read like `name@example.test`, and what is wrong with each. */
const lookAlikes = (address: string): [string, string][] => {
  const [local, domain] = address.split('@') as [string, string];
  const fullWidth = (text: string): string =>
    text.replaceAll(/[!-~]/g, (sign) => String.fromCodePoint(sign.codePointAt(0)! + 0xfee0));
  return [
    ['a Cyrillic letter', address.replace('e', 'е')],
    ['a Cyrillic letter in the domain', `${local}@${domain.replace('a', 'а')}`],
    ['full-width letters', `${fullWidth(local)}@${domain}`],
    ['a full-width sign', `${local}＠${domain}`],
    ['a full stop of another script', `${local}@${domain.replace('.', '。')}`],
    ['a zero-width joiner', `${local}\u200d@${domain}`],
    ['a zero-width space', `${local}@\u200b${domain}`],
    ['a soft hyphen', `${local}\u00ad@${domain}`],
    ['an override of the direction', `\u202e${local}@${domain}`],
    ['NUL', `${local}\0@${domain}`],
    ['a line break', `${local}@${domain}\r\n`.replace('\r\n', '\r\nx')],
    ['a comment', `${local}(x)@${domain}`],
    ['quotes', `"${local}"@${domain}`],
    ['a closing dot', `${address}.`],
    ['another case', address.toUpperCase()],
    ['surrounding space', `\u00a0${address}\u3000`],
  ];
};

describeOverLinks('what is sent about accounts', (product) => {
  let admin: Person;
  let person: Person;

  beforeAll(async () => {
    admin = await product().people.withRole('admin');
    person = await product().people.newcomer();
  });

  const refusalOf = (rpc: string, request: object, token = admin.token): Promise<GrpcCallError> =>
    product()
      .grpc.unary(`${USERS}/${rpc}`, request, { token })
      .then(
        () => Promise.reject(new Error(`${rpc} was accepted`)),
        (error: unknown) => error as GrpcCallError,
      );
  const patch = (body: unknown): Promise<RestAnswer> =>
    product().rest.send('PATCH', `/api/v1/users/${person.id}`, { token: person.token, body });

  it('makes no second account that reads like another’s address', async () => {
    const { rest } = product();
    const { email: taken } = await product().people.newcomer();
    for (const [what, email] of lookAlikes(taken)) {
      const isSame = what === 'another case' || what === 'surrounding space';
      const expected = isSame
        ? [409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]
        : [422, 'VALIDATION_FAILED', { email: 'IS_EMAIL' }];
      const register = await rest.post('/api/v1/auth/register', { name: 'Eve', email, password: PASSWORD });
      expect([what, ...problemOf(register)]).toEqual([what, ...expected]);
      const create = await rest.post('/api/v1/users', { name: 'Eve', email }, { token: admin.token });
      expect([what, ...problemOf(create)]).toEqual([what, ...expected]);
      expect([what, ...problemOf(await patch({ email }))]).toEqual([what, ...expected]);
      const error = await refusalOf('CreateUser', { name: 'Eve', email });
      expect([what, error.violations]).toEqual([what, expected[2]]);
    }
    const found = await rest.get('/api/v1/users?search=example&size=100', { token: admin.token });
    const addresses = (found.body.data as { email: string }[]).map(({ email }) => email);
    expect(addresses.filter((email) => email.toLowerCase() === taken)).toEqual([taken]);
  });

  it.each([
    ['a line break', 'Ada\r\nBcc: eve@example.test'],
    ['NUL', 'A\0da'],
    ['an escape', 'A\u001b[31mda'],
    ['text that runs backwards', 'A\u202egpj.exe'],
    ['joiners alone', '\u200d\u200b'],
    ['half a character', 'A\ud83d'],
    ['101 characters', 'é'.repeat(101)],
    ['a mebibyte', 'x'.repeat(1_000_000)],
  ])('is refused with a name of %s', async (_, name) => {
    expect(problemOf(await patch({ name }))).toEqual([422, 'VALIDATION_FAILED', { name: 'IS_DISPLAY_NAME' }]);
  });

  it('may be metadata of 16 KiB and 32 levels, and nothing beyond', async () => {
    const text = (bytes: number): object => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
    const nested = (levels: number): object => (levels === 1 ? {} : { deeper: nested(levels - 1) });
    expect((await patch({ metadata: text(16_384) })).body.metadata).toEqual(text(16_384));
    expect((await patch({ metadata: nested(32) })).body.metadata).toEqual(nested(32));
    for (const metadata of [text(16_385), nested(33), [], 'x', null]) {
      expect(problemOf(await patch({ metadata }))).toEqual([
        422,
        'VALIDATION_FAILED',
        { metadata: 'IS_METADATA' },
      ]);
    }
    const deep = await product().rest.send('PATCH', `/api/v1/users/${person.id}`, {
      token: person.token,
      raw: `{"metadata":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
    });
    expect(deep.status).toBe(400);
    const polluting = await product().rest.send('PATCH', `/api/v1/users/${person.id}`, {
      token: person.token,
      raw: '{"metadata":{"__proto__":{"role":"admin"}}}',
    });
    expect([400, 422]).toContain(polluting.status);
    expect(Object.prototype).not.toHaveProperty('role');
  });

  it('over gRPC is what the mask names, and a mask names what may be changed [15.3.3]', async () => {
    const { grpc } = product();
    const update = async (request: object): Promise<Record<string, unknown>> =>
      (
        await grpc.unary<{ user: Record<string, unknown> }>(
          `${USERS}/UpdateUser`,
          { id: person.id, ...request },
          { token: person.token },
        )
      ).response.user;
    const email = product().people.newEmail();
    const all = await update({ user: { name: 'All Of It', email }, update_mask: { paths: ['*'] } });
    expect(all).toMatchObject({ name: 'All Of It', email, metadata: { fields: {} } });
    const twice = await update({ user: { name: 'Twice' }, update_mask: { paths: ['name', 'name'] } });
    expect(twice).toMatchObject({ name: 'Twice', email });
    for (const path of ['role', 'status', 'email_verified', 'metadata.theme', 'Name', '', 'user.name']) {
      for (const paths of [[path], ['*', path], ['name', path]]) {
        const error = await refusalOf(
          'UpdateUser',
          { id: person.id, user: { name: 'Eve', email }, update_mask: { paths } },
          person.token,
        );
        expect([paths, error.code, error.violations]).toEqual([
          paths,
          'INVALID_ARGUMENT',
          { update_mask: 'UNKNOWN_FIELD' },
        ]);
      }
    }
    const partial = await refusalOf(
      'UpdateUser',
      { id: person.id, user: { name: 'Eve' }, update_mask: { paths: ['*'] } },
      person.token,
    );
    expect([partial.code, partial.violations]).toEqual(['INVALID_ARGUMENT', { 'user.email': 'IS_DEFINED' }]);
  });
});
