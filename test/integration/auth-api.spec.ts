import { createHmac } from 'node:crypto';
import { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const SERVICE = 'arcana.auth.v1.AuthService';
const PASSWORD = 'Tr0mbone-Quartet';
const SECRET = 'a secret that these tests share with the product';

const refusal = async (call: Promise<unknown>): Promise<GrpcCallError> => {
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GrpcCallError);
  return error as GrpcCallError;
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** The same claims under another header, or other claims, rightly signed. */
function resigned(token: string, header: object, claims: object = {}): string {
  const body = `${encode(header)}.${encode({ ...decode(token.split('.')[1]!), ...claims })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

describeOverLinks(
  'signing up, in and out',
  (product) => {
    describe('registering', () => {
      it('lets one of two at once have an address', async () => {
        const { rest, people } = product();
        const email = people.newEmail();
        const register = (address: string) =>
          rest.post('/api/v1/auth/register', { name: 'Ada', email: address, password: PASSWORD });
        const answers = await Promise.all([register(email), register(email.toUpperCase())]);
        expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
        const lost = answers.find(({ status }) => status === 409)!;
        expect(problemOf(lost)).toEqual([409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]);
      });

      it('names every broken field at once, and takes no others', async () => {
        const { rest, grpc } = product();
        const request = {
          name: 'A\r\nB',
          email: 'аda@example.com',
          password: '',
          role: 'admin',
          status: 'active',
        };
        const fields = { name: 'IS_DISPLAY_NAME', email: 'IS_EMAIL', password: 'IS_PASSWORD' };
        expect(problemOf(await rest.post('/api/v1/auth/register', request))).toEqual([
          422,
          'VALIDATION_FAILED',
          { ...fields, role: 'UNKNOWN_FIELD', status: 'UNKNOWN_FIELD' },
        ]);
        const refused = await refusal(grpc.unary(`${SERVICE}/Register`, request));
        expect([refused.code, refused.violations]).toEqual(['INVALID_ARGUMENT', fields]);
      });

      it('refuses a bad password for every reason at once, on both protocols alike', async () => {
        const { rest, grpc, people } = product();
        const request = { name: 'Ada', email: people.newEmail(), password: 'qwerty' };
        const refused = await rest.post('/api/v1/auth/register', request);
        const codes = refused.body.errors.map(({ code }: { code: string }) => code);
        expect(codes).toEqual([
          'PASSWORD_TOO_SHORT',
          'PASSWORD_NEEDS_UPPER_CASE',
          'PASSWORD_NEEDS_DIGIT',
          'PASSWORD_TOO_COMMON',
        ]);
        const overGrpc = await refusal(grpc.unary(`${SERVICE}/Register`, request));
        expect(overGrpc.details.BadRequest?.field_violations.map(({ reason }) => reason)).toEqual(codes);
      });

      it('refuses a password of more than 1,024 bytes', async () => {
        const { rest, people } = product();
        const request = { name: 'Ada', email: people.newEmail(), password: `Aa1${'é'.repeat(511)}` };
        expect(problemOf(await rest.post('/api/v1/auth/register', request))[2]).toEqual({
          password: 'IS_PASSWORD',
        });
      });
    });

    describe('a refresh token', () => {
      it('works once; its second use ends the session, access tokens included', async () => {
        const { rest, grpc, people } = product();
        const { refreshToken, token } = await people.newcomer();
        const { response: next } = await grpc.unary<Json>(`${SERVICE}/RefreshToken`, {
          refresh_token: refreshToken,
        });
        expect((await rest.get('/api/v1/auth/me', { token: next.access_token })).status).toBe(200);
        expect(problemOf(await rest.post('/api/v1/auth/refresh', { refresh_token: refreshToken }))).toEqual([
          401,
          'UNAUTHORIZED',
          {},
        ]);
        for (const access of [token, next.access_token]) {
          expect((await rest.get('/api/v1/auth/me', { token: access })).status).toBe(401);
        }
        const refused = await refusal(
          grpc.unary(`${SERVICE}/RefreshToken`, { refresh_token: next.refresh_token }),
        );
        expect(refused.code).toBe('UNAUTHENTICATED');
      });

      it('leaves no two living chains after twenty uses at once', async () => {
        const { rest, people } = product();
        const { refreshToken } = await people.newcomer();
        const answers = await Promise.all(
          Array.from({ length: 20 }, () =>
            rest.post('/api/v1/auth/refresh', { refresh_token: refreshToken }),
          ),
        );
        const won = answers.filter(({ status }) => status === 200);
        expect(won).toHaveLength(1);
        const { refresh_token, access_token } = won[0]!.body;
        expect((await rest.post('/api/v1/auth/refresh', { refresh_token })).status).toBe(401);
        expect((await rest.get('/api/v1/auth/me', { token: access_token })).status).toBe(401);
      });

      it('of nobody is refused, and a missing one is named', async () => {
        const { rest } = product();
        expect((await rest.post('/api/v1/auth/refresh', { refresh_token: 'junk' })).status).toBe(401);
        expect(problemOf(await rest.post('/api/v1/auth/refresh', {}))[0]).toBe(422);
      });
    });

    describe('signing out', () => {
      it('ends the session of a refresh token without an access token', async () => {
        const { rest, grpc, people } = product();
        const first = await people.newcomer();
        expect((await rest.post('/api/v1/auth/logout', { refresh_token: first.refreshToken })).status).toBe(
          204,
        );
        expect((await rest.get('/api/v1/auth/me', { token: first.token })).status).toBe(401);
        const second = await people.signIn(first);
        await grpc.unary(`${SERVICE}/Logout`, { refresh_token: second.refreshToken });
        expect((await rest.get('/api/v1/auth/me', { token: second.token })).status).toBe(401);
      });

      it('leaves other sessions alone', async () => {
        const { rest, people } = product();
        const first = await people.newcomer();
        const second = await people.signIn(first);
        await rest.post('/api/v1/auth/logout', {}, { token: first.token });
        expect((await rest.get('/api/v1/auth/me', { token: second.token })).status).toBe(200);
      });

      it('needs one or the other, and takes nothing else', async () => {
        const { rest, grpc } = product();
        expect((await rest.post('/api/v1/auth/logout')).status).toBe(401);
        expect((await refusal(grpc.unary(`${SERVICE}/Logout`, {}))).code).toBe('UNAUTHENTICATED');
        expect(problemOf(await rest.post('/api/v1/auth/logout', { everything: true }))).toEqual([
          422,
          'VALIDATION_FAILED',
          { everything: 'UNKNOWN_FIELD' },
        ]);
      });
    });

    describe('an access token', () => {
      it('is told to be valid with whose it is, and worthless without a word', async () => {
        const { grpc, people } = product();
        const moderator = await people.withRole('moderator');
        const validate = async (access_token: string) =>
          (await grpc.unary<Json>(`${SERVICE}/ValidateToken`, { access_token })).response;
        expect(await validate(moderator.token)).toMatchObject({
          valid: true,
          user_id: moderator.id,
          roles: ['USER_ROLE_MODERATOR'],
          session_id: decode(moderator.token.split('.')[1]!).sid,
          expires_at: { seconds: String(decode(moderator.token.split('.')[1]!).exp), nanos: 0 },
        });
        for (const worthless of ['', 'junk', moderator.refreshToken, 'a.b.c', 'x'.repeat(100_000)]) {
          expect(await validate(worthless)).toMatchObject({ valid: false, roles: [], expires_at: null });
        }
      });

      it('that is forged, of another kind or expired opens nothing, on either protocol', async () => {
        const { rest, grpc, people } = product();
        const { token } = await people.newcomer();
        const [header, payload, signature] = token.split('.') as [string, string, string];
        const own = { alg: 'HS256', typ: 'at+jwt' };
        expect((await rest.get('/api/v1/auth/me', { token: resigned(token, own) })).status).toBe(200);
        const bad: [string, string][] = [
          ['UNAUTHORIZED', `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`],
          ['UNAUTHORIZED', `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.${signature}`],
          [
            'UNAUTHORIZED',
            `${header}.${encode({ ...decode(payload), roles: ['super_admin'] })}.${signature}`,
          ],
          ['UNAUTHORIZED', resigned(token, { ...own, typ: 'JWT' })],
          ['UNAUTHORIZED', resigned(token, { ...own, jku: 'https://example.com' })],
          ['UNAUTHORIZED', resigned(token, own, { aud: 'somebody' })],
          ['UNAUTHORIZED', resigned(token, own, { sid: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })],
          ['UNAUTHORIZED', resigned(token, own, { sub: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })],
          ['TOKEN_EXPIRED', resigned(token, own, { exp: Math.floor(Date.now() / 1000) - 3600 })],
        ];
        for (const [code, forged] of bad) {
          expect(problemOf(await rest.get('/api/v1/auth/me', { token: forged }))).toEqual([401, code, {}]);
          const refused = await refusal(grpc.unary(`${SERVICE}/GetCurrentUser`, {}, { token: forged }));
          expect([refused.code, refused.reason]).toEqual(['UNAUTHENTICATED', code]);
        }
      });
    });

    describe('setting a password by token', () => {
      it('works once of many at once, and ends every session', async () => {
        const { rest, people, mails } = product();
        const { token: admin } = await people.withRole('admin');
        const email = people.newEmail();
        await rest.post('/api/v1/users', { name: 'Grace', email }, { token: admin });
        const token = /"token":"([\w-]+)"/.exec(await mails.to(email))![1]!;
        const reset = (new_password: string) =>
          rest.post('/api/v1/auth/reset-password', { token, new_password });
        const weak = await reset('password');
        expect(weak.body.errors.every(({ field }: { field: string }) => field === 'new_password')).toBe(true);
        const answers = await Promise.all(
          Array.from({ length: 5 }, (_, index) => reset(`Tr0mbone-Quartet-${index}`)),
        );
        expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422, 422, 422]);
        const late = answers.find(({ status }) => status === 422)!;
        expect(problemOf(late)).toEqual([422, 'VALIDATION_FAILED', { token: 'RESET_TOKEN_INVALID' }]);
        const password = `Tr0mbone-Quartet-${answers.findIndex(({ status }) => status === 204)}`;
        expect((await rest.post('/api/v1/auth/login', { email, password })).status).toBe(200);
        expect(
          problemOf(
            await rest.post('/api/v1/auth/reset-password', { token: 'junk', new_password: PASSWORD }),
          ),
        ).toEqual([422, 'VALIDATION_FAILED', { token: 'RESET_TOKEN_INVALID' }]);
      });
    });
  },
  { ARCANA_SECURITY__JWT_SECRET: SECRET },
);

describeOverLinks(
  'a house that knows its guests',
  (product) => {
    it('lets nobody in whose address is not verified, and tells only who knows the password', async () => {
      const { rest, people } = product();
      const email = people.newEmail();
      await rest.post('/api/v1/auth/register', { name: 'Ada', email, password: PASSWORD });
      const signIn = (password: string) => rest.post('/api/v1/auth/login', { email, password });
      expect(problemOf(await signIn(PASSWORD))).toEqual([403, 'FORBIDDEN', { '': 'EMAIL_NOT_VERIFIED' }]);
      expect(problemOf(await signIn('Wrong-Guess-7'))).toEqual([401, 'INVALID_CREDENTIALS', {}]);
      expect((await people.appoint('user')).token).toBeDefined();
    });
  },
  { ARCANA_SECURITY__ALLOW_UNVERIFIED_SIGN_IN: 'false' },
);
