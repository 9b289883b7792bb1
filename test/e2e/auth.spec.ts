import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const AUTH = 'arcana.auth.v1.AuthService';
const PASSWORD = 'Tr0mbone-Quartet';

describeOverLinks('signing up, in and out', (product) => {
  const failure = (path: string, request: object, token?: string): Promise<GrpcCallError> =>
    product()
      .grpc.unary(`${AUTH}/${path}`, request, { ...(token !== undefined && { token }) })
      .then(
        () => Promise.reject(new Error(`${path} was accepted`)),
        (error: unknown) => error as GrpcCallError,
      );

  it('refuses fields that are not the caller’s to choose', async () => {
    const { rest, people } = product();
    const request = { name: 'Eve', email: people.newEmail(), password: PASSWORD };
    const chosen = { role: 'super_admin', status: 'active', email_verified: true, id: '1' };
    const answer = await rest.post('/api/v1/auth/register', { ...request, ...chosen });
    expect(problemOf(answer)).toEqual([
      422,
      'VALIDATION_FAILED',
      Object.fromEntries(Object.keys(chosen).map((field) => [field, 'UNKNOWN_FIELD'])),
    ]);
    expect((await rest.post('/api/v1/auth/login', request)).status).toBe(422);
    expect((await rest.post('/api/v1/auth/login', { email: request.email, password: PASSWORD })).status).toBe(
      401,
    );
  });

  it('names every broken field of a registration at once, on both protocols', async () => {
    const { rest } = product();
    const request = { name: '', email: 'nobody', password: '' };
    const [status, code, fields] = problemOf(await rest.post('/api/v1/auth/register', request));
    expect([status, code, Object.keys(fields).sort()]).toEqual([
      422,
      'VALIDATION_FAILED',
      ['email', 'name', 'password'],
    ]);
    const error = await failure('Register', request);
    expect([error.code, error.reason, error.violations]).toEqual([
      'INVALID_ARGUMENT',
      'VALIDATION_FAILED',
      fields,
    ]);
  });

  it.each([
    ['short', 'Ab3defg', 'PASSWORD_TOO_SHORT'],
    ['common', 'Password123', 'PASSWORD_TOO_COMMON'],
    ['without digits', 'Trombone-Quartet', 'PASSWORD_NEEDS_DIGIT'],
    ['with the owner’s name', 'Marguerite-1928', 'PASSWORD_CONTAINS_IDENTITY'],
  ])('refuses a password that is %s, on both protocols', async (_what, password, reason) => {
    const { rest, people } = product();
    const request = { name: 'Marguerite Perey', email: people.newEmail(), password };
    expect(problemOf(await rest.post('/api/v1/auth/register', request))).toEqual([
      422,
      'VALIDATION_FAILED',
      { password: reason },
    ]);
    expect((await failure('Register', request)).violations).toEqual({ password: reason });
  });

  it('answers a wrong password and an unknown address alike', async () => {
    const { rest, people } = product();
    const known = await people.newcomer();
    const answers = [];
    for (const email of [known.email, people.newEmail()]) {
      const { status, headers, body } = await rest.post('/api/v1/auth/login', {
        email,
        password: 'Wr0ng-password',
      });
      const { request_id: _id, trace_id: _trace, timestamp: _time, ...rest_ } = body;
      answers.push({ status, authenticate: headers.get('www-authenticate'), ...rest_ });
      const error = await failure('Login', { email, password: 'Wr0ng-password' });
      expect([error.code, error.reason]).toEqual(['UNAUTHENTICATED', 'INVALID_CREDENTIALS']);
    }
    expect(answers[0]).toMatchObject({ status: 401, code: 'INVALID_CREDENTIALS' });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('ends the whole session when a spent refresh token comes back', async () => {
    const { rest, people } = product();
    const person = await people.newcomer();
    const refresh = (refresh_token: string) => rest.post('/api/v1/auth/refresh', { refresh_token });
    const next = await refresh(person.refreshToken);
    expect(next.status).toBe(200);
    expect(problemOf(await refresh(person.refreshToken))).toEqual([401, 'UNAUTHORIZED', {}]);
    expect((await refresh(next.body.refresh_token)).status).toBe(401);
    expect((await rest.get('/api/v1/auth/me', { token: next.body.access_token })).status).toBe(401);
    expect((await failure('RefreshToken', { refresh_token: next.body.refresh_token })).reason).toBe(
      'UNAUTHORIZED',
    );
  });

  it('refuses a refresh token as an access token and the other way round', async () => {
    const { rest, people } = product();
    const person = await people.newcomer();
    expect((await rest.get('/api/v1/auth/me', { token: person.refreshToken })).status).toBe(401);
    expect((await rest.post('/api/v1/auth/refresh', { refresh_token: person.token })).status).toBe(401);
  });

  it('signs out by a refresh token alone, and again without complaint', async () => {
    const { rest, grpc, people } = product();
    const person = await people.newcomer();
    const other = await people.signIn(person);
    const request = { refresh_token: person.refreshToken };
    expect((await rest.post('/api/v1/auth/logout', request)).status).toBe(204);
    expect((await rest.get('/api/v1/auth/me', { token: person.token })).status).toBe(401);
    await grpc.unary(`${AUTH}/Logout`, request);
    expect((await rest.get('/api/v1/auth/me', { token: other.token })).status).toBe(200);
  });

  it('does not sign out nobody', async () => {
    const { rest } = product();
    expect((await rest.post('/api/v1/auth/logout')).status).toBe(401);
    expect((await rest.post('/api/v1/auth/logout', {})).status).toBe(401);
    expect((await rest.post('/api/v1/auth/logout', {}, { token: 'junk' })).status).toBe(401);
    expect((await failure('Logout', {})).code).toBe('UNAUTHENTICATED');
    expect((await failure('Logout', {}, 'junk')).code).toBe('UNAUTHENTICATED');
  });

  it('judges a token for those who ask over gRPC', async () => {
    const { grpc, people } = product();
    const person = await people.withRole('moderator');
    const judge = async (access_token: string): Promise<Json> =>
      (await grpc.unary(`${AUTH}/ValidateToken`, { access_token })).response;
    expect(await judge(person.token)).toMatchObject({
      valid: true,
      user_id: person.id,
      roles: ['USER_ROLE_MODERATOR'],
      session_id: expect.any(String),
      expires_at: { seconds: expect.any(String) },
    });
    expect(await judge('junk')).toEqual({ valid: false, roles: [], expires_at: null });
  });

  it('keeps tokens and personal data out of caches', async () => {
    const { rest, people } = product();
    const person = await people.newcomer();
    const answers = [
      await rest.post('/api/v1/auth/login', { email: person.email, password: person.password }),
      await rest.get('/api/v1/auth/me', { token: person.token }),
      await rest.get('/api/v1/auth/me'),
    ];
    expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual([
      'no-store',
      'no-store',
      'no-store',
    ]);
  });
});

describeOverLinks(
  'registration that is closed',
  (product) => {
    it('refuses to open accounts, and an administrator still does', async () => {
      const { rest, people } = product();
      const request = { name: 'Ada', email: people.newEmail(), password: PASSWORD };
      expect(problemOf(await rest.post('/api/v1/auth/register', request))).toEqual([
        403,
        'FORBIDDEN',
        { '': 'REGISTRATION_CLOSED' },
      ]);
      expect(await people.appoint('user')).toMatchObject({ token: expect.any(String) });
    });
  },
  { ARCANA_SECURITY__REGISTRATION__ENABLED: 'false' },
);
