import { describeOverLinks } from '../support/over-links.js';
import { tokenIn } from '../support/people.js';
import { problemOf, type RestAnswer } from '../support/rest-client.js';
import { noteStatements } from '../support/statements.js';

const PASSWORD = 'Tr0mbone-Quartet';

function answerOf({ status, text, headers }: RestAnswer): object {
  const { 'x-request-id': _id, date: _date, ...rest } = Object.fromEntries(headers);
  return { status, text, headers: rest };
}

describeOverLinks(
  'registration where it is hidden who has an account',
  (product) => {
    const register = (email: string, id = 'register') =>
      product().rest.post(
        '/api/v1/auth/register',
        { name: 'Ada Lovelace', email, password: PASSWORD },
        { headers: { 'x-request-id': id } },
      );
    const login = (email: string, password = PASSWORD) =>
      product().rest.post('/api/v1/auth/login', { email, password });

    it('answers a taken address as a free one, after the same statements [6.3.8]', async () => {
      const { people } = product();
      const owner = await people.appoint('user');
      const statements = noteStatements();
      const taken = answerOf(await register(owner.email, 'register.taken'));
      const free = answerOf(await register(people.newEmail(), 'register.free'));
      statements.stop();
      expect(free).toMatchObject({ status: 202, text: '' });
      expect(free).not.toHaveProperty('headers.location');
      expect(taken).toEqual(free);
      expect(statements.of('register.free').length).toBeGreaterThan(5);
      expect(statements.of('register.taken')).toEqual(statements.of('register.free'));
    });

    it('answers both alike over gRPC', async () => {
      const { grpc, people } = product();
      const owner = await people.appoint('user');
      for (const email of [owner.email, people.newEmail()]) {
        const request = { name: 'Ada Lovelace', email, password: PASSWORD };
        const { response } = await grpc.unary('arcana.auth.v1.AuthService/Register', request);
        expect(response).toEqual({ user: null });
      }
    });

    it('tells the owner of a taken address, and leaves the account as it was', async () => {
      const { people, mails } = product();
      const owner = await people.appoint('user');
      await register(owner.email.toUpperCase());
      expect(await mails.to(owner.email, 'You have an account already')).toContain(`Hello ${owner.name},`);
      expect((await login(owner.email, owner.password)).status).toBe(200);
    });

    it('tells by signing in no more than by registering, until the address is verified', async () => {
      const { rest, people, mails } = product();
      const owner = await people.appoint('user');
      const email = people.newEmail();
      for (const address of [owner.email, email]) await register(address);
      const guess = (address: string) => login(address, `${PASSWORD}-other`);
      expect(problemOf(await guess(owner.email))).toEqual([401, 'INVALID_CREDENTIALS', {}]);
      expect(problemOf(await login(email))).toEqual([401, 'INVALID_CREDENTIALS', {}]);
      const token = tokenIn(await mails.to(email, 'Verify your e-mail address'));
      expect((await rest.post('/api/v1/auth/verify-email', { token })).status).toBe(204);
      expect((await login(email)).status).toBe(200);
    });

    it('says of a bad password what is wrong with it, whoever has the address', async () => {
      const { rest, people } = product();
      const owner = await people.appoint('user');
      for (const email of [owner.email, people.newEmail()]) {
        const refused = await rest.post('/api/v1/auth/register', { name: 'Ada', email, password: 'Short1' });
        expect(problemOf(refused)).toEqual([422, 'VALIDATION_FAILED', { password: 'PASSWORD_TOO_SHORT' }]);
      }
    });
  },
  {
    ARCANA_SECURITY__REGISTRATION__HIDE_EXISTING: 'true',
    ARCANA_SECURITY__ALLOW_UNVERIFIED_SIGN_IN: 'false',
  },
);
