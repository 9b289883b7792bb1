import { eventually } from '../../support/eventually.js';
import { tokenIn, type Person } from '../../support/people.js';
import type { Act, Stage } from './stage.js';

const AUTH = 'arcana.auth.v1.AuthService';
const PASSWORD = 'Quiet-Lantern-42';
const NEXT = 'Louder-Lantern-43';
const WRONG = 'Wrong-Lantern-44';

/** What an owner did to their own account. */
const byOwner = ({ id }: Person, details: object) => ({ actor: id, target: id, details });
/** What somebody did who had not signed in. */
const byNobody = (target: string | null, details: object) => ({ actor: null, target, details });

const sessionOf = ({ token }: Person): string =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sid: string }).sid;
const inSession = (person: Person) => byOwner(person, { session_id: sessionOf(person) });

const newcomerIn = async (stage: Stage, status: string): Promise<Person> => {
  const ada = await stage.people.newcomer();
  const { token } = await stage.people.withRole('super_admin');
  const answer = await stage.product.rest.send('PATCH', `/api/v1/users/${ada.id}/status`, {
    token,
    body: { status },
  });
  expect(answer.status).toBe(200);
  return ada;
};

const spent = async (stage: Stage): Promise<Person> => {
  const ada = await stage.people.newcomer();
  const body = { refresh_token: ada.refreshToken };
  expect((await stage.product.rest.post('/api/v1/auth/refresh', body)).status).toBe(200);
  return ada;
};

/** A sign-in that is refused: how it failed, what is answered, how the account comes to be like that. */
const refused = (
  what: string,
  reason: string,
  status: number,
  code: string,
  of: typeof newcomerIn,
): Act[] => {
  const password = reason === 'wrong_password' ? WRONG : undefined;
  return [
    [
      'LOGIN_FAILED',
      what,
      'POST /api/v1/auth/login',
      async (stage) => {
        const ada = await of(stage, reason);
        const body = { email: ada.email, password: password ?? ada.password };
        await stage.rest(status, 'POST', '/api/v1/auth/login', body);
        return byNobody(ada.id, { reason });
      },
    ],
    [
      'LOGIN_FAILED',
      `${what}, over gRPC`,
      `${AUTH}/Login`,
      async (stage) => {
        const ada = await of(stage, reason);
        const body = { email: ada.email, password: password ?? ada.password };
        await stage.grpc(code, `${AUTH}/Login`, body);
        return byNobody(ada.id, { reason });
      },
    ],
  ];
};

export const SIGN_IN_ACTS: Act[] = [
  [
    'USER_REGISTERED',
    'somebody signs up',
    'POST /api/v1/auth/register',
    async (stage) => {
      const made = { name: 'Grace Hopper', email: stage.people.newEmail() };
      const { body } = await stage.rest(201, 'POST', '/api/v1/auth/register', {
        ...made,
        password: PASSWORD,
      });
      return byNobody(body.id, { after: { ...made, role: 'user' } });
    },
  ],
  [
    'USER_REGISTERED',
    'the same over gRPC',
    `${AUTH}/Register`,
    async (stage) => {
      const made = { name: 'Grace Hopper', email: stage.people.newEmail() };
      const { user } = await stage.grpc('OK', `${AUTH}/Register`, { ...made, password: PASSWORD });
      return byNobody(user.id, { after: { ...made, role: 'user' } });
    },
  ],
  [
    'LOGIN_SUCCEEDED',
    'an owner signs in',
    'POST /api/v1/auth/login',
    async (stage) => {
      const { id, email, password } = await stage.people.newcomer();
      await stage.rest(200, 'POST', '/api/v1/auth/login', { email, password });
      return byNobody(id, { session_id: expect.any(String) });
    },
  ],
  [
    'LOGIN_SUCCEEDED',
    'the same over gRPC',
    `${AUTH}/Login`,
    async (stage) => {
      const { id, email, password } = await stage.people.newcomer();
      await stage.grpc('OK', `${AUTH}/Login`, { email, password });
      return byNobody(id, { session_id: expect.any(String) });
    },
  ],
  ...refused('with a wrong password', 'wrong_password', 401, 'UNAUTHENTICATED', ({ people }) =>
    people.newcomer(),
  ),
  ...refused('of a suspended account', 'suspended', 403, 'PERMISSION_DENIED', newcomerIn),
  ...refused('of a locked account', 'locked', 401, 'UNAUTHENTICATED', newcomerIn),
  [
    'LOGIN_FAILED',
    'of an account that there is not; what was typed is not kept',
    'POST /api/v1/auth/login',
    async (stage) => {
      const body = { email: 'nobody@example.test', password: WRONG };
      await stage.rest(401, 'POST', '/api/v1/auth/login', body);
      return byNobody(null, { reason: 'unknown_account' });
    },
  ],
  [
    'LOGGED_OUT',
    'an owner signs out',
    'POST /api/v1/auth/logout',
    async (stage) => {
      const ada = await stage.people.newcomer();
      await stage.rest(204, 'POST', '/api/v1/auth/logout', undefined, ada.token);
      return inSession(ada);
    },
  ],
  [
    'LOGGED_OUT',
    'over gRPC, by the refresh token alone',
    `${AUTH}/Logout`,
    async (stage) => {
      const ada = await stage.people.newcomer();
      await stage.grpc('OK', `${AUTH}/Logout`, { refresh_token: ada.refreshToken });
      return { ...inSession(ada), actor: null };
    },
  ],
  [
    'LOGGED_OUT_ALL',
    'an owner signs out everywhere',
    'POST /api/v1/auth/logout-all',
    async (stage) => {
      const ada = await stage.people.newcomer();
      await stage.rest(204, 'POST', '/api/v1/auth/logout-all', undefined, ada.token);
      return byOwner(ada, {});
    },
  ],
  [
    'LOGGED_OUT_ALL',
    'the same over gRPC',
    `${AUTH}/LogoutAll`,
    async (stage) => {
      const ada = await stage.people.newcomer();
      await stage.grpc('OK', `${AUTH}/LogoutAll`, {}, ada.token);
      return byOwner(ada, {});
    },
  ],
  [
    'SESSION_ENDED',
    'an owner ends another of their sessions',
    'DELETE /api/v1/auth/sessions/:id',
    async (stage) => {
      const ada = await stage.people.newcomer();
      const lost = await stage.people.signIn(ada);
      await stage.rest(204, 'DELETE', `/api/v1/auth/sessions/${sessionOf(lost)}`, undefined, ada.token);
      return inSession(lost);
    },
  ],
  [
    'TOKEN_REUSE_DETECTED',
    'a spent refresh token comes again',
    'POST /api/v1/auth/refresh',
    async (stage) => {
      const ada = await spent(stage);
      await stage.rest(401, 'POST', '/api/v1/auth/refresh', { refresh_token: ada.refreshToken });
      return { ...inSession(ada), actor: null };
    },
  ],
  [
    'TOKEN_REUSE_DETECTED',
    'the same over gRPC',
    `${AUTH}/RefreshToken`,
    async (stage) => {
      const ada = await spent(stage);
      await stage.grpc('UNAUTHENTICATED', `${AUTH}/RefreshToken`, { refresh_token: ada.refreshToken });
      return { ...inSession(ada), actor: null };
    },
  ],
  [
    'PASSWORD_CHANGED',
    'an owner changes the password',
    'POST /api/v1/auth/change-password',
    async (stage) => {
      const ada = await stage.people.newcomer();
      const body = { current_password: ada.password, new_password: NEXT };
      await stage.rest(204, 'POST', '/api/v1/auth/change-password', body, ada.token);
      return inSession(ada);
    },
  ],
  [
    'PASSWORD_CHANGED',
    'the same over gRPC',
    `${AUTH}/ChangePassword`,
    async (stage) => {
      const ada = await stage.people.newcomer();
      const body = { current_password: ada.password, new_password: NEXT };
      await stage.grpc('OK', `${AUTH}/ChangePassword`, body, ada.token);
      return inSession(ada);
    },
  ],
  [
    'PASSWORD_CHANGE_FAILED',
    'somebody with the token does not know the password',
    'POST /api/v1/auth/change-password',
    async (stage) => {
      const ada = await stage.people.newcomer();
      const body = { current_password: WRONG, new_password: NEXT };
      await stage.rest(422, 'POST', '/api/v1/auth/change-password', body, ada.token);
      return inSession(ada);
    },
  ],
  [
    'PASSWORD_CHANGE_FAILED',
    'the same over gRPC',
    `${AUTH}/ChangePassword`,
    async (stage) => {
      const ada = await stage.people.newcomer();
      const body = { current_password: WRONG, new_password: NEXT };
      await stage.grpc('INVALID_ARGUMENT', `${AUTH}/ChangePassword`, body, ada.token);
      return inSession(ada);
    },
  ],
  [
    'PASSWORD_RESET_REQUESTED',
    'somebody has forgotten it',
    'POST /api/v1/auth/forgot-password',
    async (stage) => {
      const { id, email } = await stage.people.newcomer();
      await stage.rest(202, 'POST', '/api/v1/auth/forgot-password', { email });
      return byNobody(id, {});
    },
  ],
  [
    'PASSWORD_RESET_REQUESTED',
    'for an account that there is not',
    'POST /api/v1/auth/forgot-password',
    async (stage) => {
      await stage.rest(202, 'POST', '/api/v1/auth/forgot-password', { email: 'nobody@example.test' });
      return byNobody(null, {});
    },
  ],
  [
    'PASSWORD_RESET',
    'whoever has the mail sets a password',
    'POST /api/v1/auth/reset-password',
    async (stage) => {
      const { id, email } = await stage.people.newcomer();
      await stage.product.rest.post('/api/v1/auth/forgot-password', { email });
      const mail = await stage.product.mails.to(email, 'Set a new password');
      const body = { token: tokenIn(mail), new_password: NEXT };
      await stage.rest(204, 'POST', '/api/v1/auth/reset-password', body);
      return byNobody(id, {});
    },
  ],
  [
    'EMAIL_VERIFICATION_REQUESTED',
    'an owner asks for another mail',
    'POST /api/v1/auth/resend-verification',
    async (stage) => {
      const ada = await stage.people.newcomer();
      await stage.rest(202, 'POST', '/api/v1/auth/resend-verification', undefined, ada.token);
      return byOwner(ada, {});
    },
  ],
  [
    'EMAIL_VERIFIED',
    'whoever has the mail proves the address',
    'POST /api/v1/auth/verify-email',
    async (stage) => {
      const { id, email } = await stage.people.newcomer();
      const token = await eventually('a mail with a token', async () => {
        const mails = await stage.product.mails.all(email, 1);
        return mails.map((mail) => /"token":"([\w-]+)"/.exec(mail)?.[1]).find((each) => each !== undefined);
      });
      await stage.rest(204, 'POST', '/api/v1/auth/verify-email', { token });
      return byNobody(id, {});
    },
  ],
  [
    'API_KEY_CREATED',
    'an owner makes a key',
    'POST /api/v1/auth/api-keys',
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const made = { name: 'A service', scopes: ['users:read'] };
      const { body } = await stage.rest(201, 'POST', '/api/v1/auth/api-keys', made, admin.token);
      return byOwner(admin, { key_id: body.id, ...made, expires_at: body.expires_at });
    },
  ],
  [
    'API_KEY_REVOKED',
    'an owner revokes a key',
    'DELETE /api/v1/auth/api-keys/:id',
    async (stage) => {
      const ada = await stage.people.newcomer();
      const key = await stage.people.keyOf(ada);
      await stage.rest(204, 'DELETE', `/api/v1/auth/api-keys/${key.id}`, undefined, ada.token);
      return byOwner(ada, { key_id: key.id, name: 'A service', scopes: [], by: 'owner' });
    },
  ],
];
