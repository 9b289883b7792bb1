import { describeOverLinks } from '../support/over-links.js';
import { tokenIn } from '../support/people.js';
import { problemOf, type RestAnswer } from '../support/rest-client.js';
import { noteStatements } from '../support/statements.js';

const PASSWORD = 'Tr0mbone-Quartet';
const NEW_PASSWORD = 'Sackbut-Quintet-8';
const RESET = 'Set a new password';
const VERIFY = 'Verify your e-mail address';

/** All that a caller gets, but for what differs between any two answers. */
function answerOf({ status, text, headers }: RestAnswer): object {
  const { 'x-request-id': _id, date: _date, ...rest } = Object.fromEntries(headers);
  return { status, text, headers: rest };
}

describeOverLinks('recovery by mail', (product) => {
  const post = (path: string, body: object, id?: string) =>
    product().rest.post(`/api/v1/auth/${path}`, body, { headers: id ? { 'x-request-id': id } : {} });
  const forgot = (email: string, id?: string) => post('forgot-password', { email }, id);
  const reset = (token: string, new_password = NEW_PASSWORD) =>
    post('reset-password', { token, new_password });
  const verify = (token: string) => post('verify-email', { token });
  const login = (email: string, password: string) => post('login', { email, password });
  const me = (token: string) => product().rest.get('/api/v1/auth/me', { token });
  const invalid = (code: string) => [422, 'VALIDATION_FAILED', { token: code }];

  it('gives a new password to whoever reads the mails, and ends all sessions [6.4.3]', async () => {
    const { people, mails } = product();
    const person = await people.newcomer();
    const asked = await forgot(person.email.toUpperCase());
    expect([asked.status, asked.text]).toEqual([202, '']);
    const token = tokenIn(await mails.to(person.email, RESET));
    expect((await login(person.email, PASSWORD)).status).toBe(200);
    expect((await reset(token)).status).toBe(204);
    expect((await me(person.token)).status).toBe(401);
    const { refreshToken: refresh_token } = person;
    expect((await post('refresh', { refresh_token })).status).toBe(401);
    expect((await login(person.email, PASSWORD)).status).toBe(401);
    const { body } = await login(person.email, NEW_PASSWORD);
    expect((await me(body.access_token)).body).toMatchObject({ email_verified: true, status: 'active' });
    expect(problemOf(await reset(token))).toEqual(invalid('RESET_TOKEN_INVALID'));
  });

  it('lets one of twenty at once use a token, for a password as for an address [6.4.3]', async () => {
    const { people, mails } = product();
    const person = await people.newcomer();
    const verifying = tokenIn(await mails.to(person.email, VERIFY));
    const times20 = (call: (index: number) => Promise<RestAnswer>) =>
      Promise.all(Array.from({ length: 20 }, (_, index) => call(index)));
    const statuses = (answers: RestAnswer[]) => answers.map(({ status }) => status).sort();
    const once = [204, ...Array.from({ length: 19 }, () => 422)];
    expect(statuses(await times20(() => verify(verifying)))).toEqual(once);
    await forgot(person.email);
    const resetting = tokenIn(await mails.to(person.email, RESET));
    const answers = await times20((index) => reset(resetting, `${NEW_PASSWORD}-${index}`));
    expect(statuses(answers)).toEqual(once);
    const won = answers.findIndex(({ status }) => status === 204);
    expect((await login(person.email, `${NEW_PASSWORD}-${won}`)).status).toBe(200);
  });

  it('does not tell who has an account: same answer, same statements [6.3.8]', async () => {
    const { people } = product();
    const known = await people.newcomer();
    const statements = noteStatements();
    const first = answerOf(await forgot(known.email, 'forgot.known'));
    const second = answerOf(await forgot(people.newEmail(), 'forgot.unknown'));
    statements.stop();
    expect(first).toMatchObject({ status: 202, text: '' });
    expect(second).toEqual(first);
    expect(statements.of('forgot.known').length).toBeGreaterThan(4);
    expect(statements.of('forgot.unknown')).toEqual(statements.of('forgot.known'));
  });

  it('verifies an address, and a session that was opened before goes on', async () => {
    const { people, mails } = product();
    const person = await people.newcomer();
    expect((await me(person.token)).body).toMatchObject({ status: 'pending_verification' });
    const token = tokenIn(await mails.to(person.email, VERIFY));
    expect(problemOf(await reset(token))).toEqual(invalid('RESET_TOKEN_INVALID'));
    expect((await verify(token)).status).toBe(204);
    expect((await me(person.token)).body).toMatchObject({ status: 'active', email_verified: true });
    expect(problemOf(await verify(token))).toEqual(invalid('VERIFICATION_TOKEN_INVALID'));
    expect(problemOf(await verify('junk'))).toEqual(invalid('VERIFICATION_TOKEN_INVALID'));
  });

  it('verifies no address by a token for a password', async () => {
    const { people, mails } = product();
    const person = await people.newcomer();
    await forgot(person.email);
    const token = tokenIn(await mails.to(person.email, RESET));
    expect(problemOf(await verify(token))).toEqual(invalid('VERIFICATION_TOKEN_INVALID'));
    expect((await me(person.token)).body).toMatchObject({ email_verified: false });
  });

  it('mails a further token to verify with, and every one of them works', async () => {
    const { rest, people, mails } = product();
    const person = await people.newcomer();
    const resend = () => rest.post('/api/v1/auth/resend-verification', undefined, { token: person.token });
    const asked = await resend();
    expect([asked.status, asked.text]).toEqual([202, '']);
    const [first, second] = await mails.all(person.email, 2, VERIFY);
    expect((await verify(tokenIn(first!))).status).toBe(204);
    expect(problemOf(await verify(tokenIn(second!)))).toEqual(invalid('VERIFICATION_TOKEN_INVALID'));
    expect((await resend()).status).toBe(202);
  });

  it('has a new address verified, tells the former one, and voids what was mailed there', async () => {
    const { rest, people, mails } = product();
    const person = await people.newcomer();
    const { id, email } = person;
    await verify(tokenIn(await mails.to(email, VERIFY)));
    await forgot(email);
    const stale = tokenIn(await mails.to(email, RESET));
    const moved = people.newEmail();
    const changed = await rest.send('PATCH', `/api/v1/users/${id}`, {
      token: person.token,
      body: { email: moved },
    });
    expect(changed.body).toMatchObject({ email: moved, email_verified: false });
    expect(await mails.to(email, 'Your e-mail address was changed')).not.toContain(moved);
    expect(problemOf(await reset(stale))).toEqual(invalid('RESET_TOKEN_INVALID'));
    expect((await verify(tokenIn(await mails.to(moved, VERIFY)))).status).toBe(204);
    expect((await me(person.token)).body).toMatchObject({ email: moved, email_verified: true });
  });

  it('lets an administrator have a reset mailed, and never choose a password [6.4.6]', async () => {
    const { rest, people, mails } = product();
    const admin = await people.withRole('admin');
    const root = await people.withRole('super_admin');
    const person = await people.newcomer();
    const send = (id: string, body?: object) =>
      rest.post(`/api/v1/users/${id}/reset-password`, body, { token: admin.token });
    const asked = await send(person.id);
    expect([asked.status, asked.text]).toEqual([202, '']);
    expect((await login(person.email, PASSWORD)).status).toBe(200);
    expect((await reset(tokenIn(await mails.to(person.email, RESET)))).status).toBe(204);
    expect(problemOf(await send(root.id))).toEqual([403, 'FORBIDDEN', { '': 'SUPER_ADMIN_PROTECTED' }]);
    const chosen = { name: 'Eve', email: people.newEmail(), password: PASSWORD };
    const refused = await rest.post('/api/v1/users', chosen, { token: admin.token });
    expect(problemOf(refused)).toEqual([422, 'VALIDATION_FAILED', { password: 'UNKNOWN_FIELD' }]);
  });

  it('leaves no token in any job, event, audit entry or line of the log', async () => {
    const { app, people, mails } = product();
    const person = await people.newcomer();
    await forgot(person.email);
    const logged = JSON.stringify(app.log);
    await mails.to(person.email, RESET);
    const tokens = await mails.tokens();
    expect(tokens.length).toBeGreaterThan(1);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: app.database.url });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const stored: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      stored.push(...rows.map(({ row }) => row));
    }
    await client.end();
    const everything = [...stored, logged, JSON.stringify(app.log)].join('\n');
    expect(stored.join('\n')).toContain('email.password_reset');
    expect(tokens.filter((token) => everything.includes(token))).toEqual([]);
  });
});
