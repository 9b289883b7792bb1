import type { Person } from '../../support/people.js';
import type { Json } from '../../support/rest-client.js';
import type { Act, Stage } from './stage.js';

const USERS = 'arcana.user.v1.UserService';
const USER = '/api/v1/users/:id';

interface Parties {
  admin: Person;
  ada: Person;
}

const parties = async ({ people }: Stage): Promise<Parties> => ({
  admin: await people.withRole('admin'),
  ada: await people.newcomer(),
});

/** What an administrator did to an account. */
const byAdmin = ({ admin, ada }: Parties, details: object) => ({ actor: admin.id, target: ada.id, details });

const DELETED = ({ name, email }: Person) => ({
  before: { name, email, role: 'user', status: 'pending_verification' },
});
const ROLE = { before: { role: 'user' }, after: { role: 'moderator' } };
const SUSPENDED = {
  before: { status: 'pending_verification' },
  after: { status: 'suspended' },
  reason: 'spam',
};

export const ACCOUNT_ACTS: Act[] = [
  [
    'USER_CREATED',
    'an administrator makes an account',
    'POST /api/v1/users',
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const made = { name: 'Grace Hopper', email: stage.people.newEmail(), role: 'moderator' };
      const { body } = await stage.rest(201, 'POST', '/api/v1/users', made, admin.token);
      return { actor: admin.id, target: body.id, details: { after: made } };
    },
  ],
  [
    'USER_CREATED',
    'the same over gRPC',
    `${USERS}/CreateUser`,
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const made = { name: 'Grace Hopper', email: stage.people.newEmail() };
      const { user } = await stage.grpc('OK', `${USERS}/CreateUser`, made, admin.token);
      return { actor: admin.id, target: user.id, details: { after: { ...made, role: 'user' } } };
    },
  ],
  [
    'USER_CREATED',
    'a service does, by the key of an administrator',
    'POST /api/v1/users',
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const key = await stage.people.keyOf(admin, 'users:create');
      const made = { name: 'Grace Hopper', email: stage.people.newEmail(), role: 'user' };
      const { body } = await stage.rest(201, 'POST', '/api/v1/users', made, key.token);
      return {
        actor: admin.id,
        via: 'api_key',
        target: body.id,
        details: { after: made, actor_key_id: key.id },
      };
    },
  ],
  [
    'USER_UPDATED',
    'an owner changes name and metadata',
    `PATCH ${USER}`,
    async (stage) => {
      const { ada } = await parties(stage);
      const change = { name: 'Countess', metadata: { shelf: 7 } };
      await stage.rest(200, 'PATCH', `/api/v1/users/${ada.id}`, change, ada.token);
      const details = {
        fields: ['name', 'metadata'],
        before: { name: ada.name },
        after: { name: 'Countess' },
      };
      return { actor: ada.id, target: ada.id, details };
    },
  ],
  [
    'USER_UPDATED',
    'an administrator replaces an account',
    `PUT ${USER}`,
    async (stage) => {
      const both = await parties(stage);
      const { email, name } = both.ada;
      const next = { name, email: `new-${email}` };
      await stage.rest(200, 'PUT', `/api/v1/users/${both.ada.id}`, next, both.admin.token);
      return byAdmin(both, { fields: ['email'], before: { email }, after: { email: next.email } });
    },
  ],
  [
    'USER_UPDATED',
    'the same over gRPC',
    `${USERS}/UpdateUser`,
    async (stage) => {
      const both = await parties(stage);
      const message: Json = { id: both.ada.id, user: { name: 'Countess' }, update_mask: { paths: ['name'] } };
      await stage.grpc('OK', `${USERS}/UpdateUser`, message, both.admin.token);
      return byAdmin(both, {
        fields: ['name'],
        before: { name: both.ada.name },
        after: { name: 'Countess' },
      });
    },
  ],
  [
    'USER_ROLE_CHANGED',
    'an administrator gives a role',
    `PATCH ${USER}/role`,
    async (stage) => {
      const both = await parties(stage);
      const path = `/api/v1/users/${both.ada.id}/role`;
      await stage.rest(200, 'PATCH', path, { role: 'moderator' }, both.admin.token);
      return byAdmin(both, ROLE);
    },
  ],
  [
    'USER_ROLE_CHANGED',
    'the same over gRPC',
    `${USERS}/UpdateUserRole`,
    async (stage) => {
      const both = await parties(stage);
      const message = { id: both.ada.id, role: 'USER_ROLE_MODERATOR' };
      await stage.grpc('OK', `${USERS}/UpdateUserRole`, message, both.admin.token);
      return byAdmin(both, ROLE);
    },
  ],
  [
    'USER_STATUS_CHANGED',
    'an administrator suspends',
    `PATCH ${USER}/status`,
    async (stage) => {
      const both = await parties(stage);
      const change = { status: 'suspended', reason: 'spam' };
      await stage.rest(200, 'PATCH', `/api/v1/users/${both.ada.id}/status`, change, both.admin.token);
      return byAdmin(both, SUSPENDED);
    },
  ],
  [
    'USER_STATUS_CHANGED',
    'the same over gRPC',
    `${USERS}/UpdateUserStatus`,
    async (stage) => {
      const both = await parties(stage);
      const message = { id: both.ada.id, status: 'USER_STATUS_SUSPENDED', reason: 'spam' };
      await stage.grpc('OK', `${USERS}/UpdateUserStatus`, message, both.admin.token);
      return byAdmin(both, SUSPENDED);
    },
  ],
  [
    'USER_DELETED',
    'an administrator deletes',
    `DELETE ${USER}`,
    async (stage) => {
      const both = await parties(stage);
      await stage.rest(204, 'DELETE', `/api/v1/users/${both.ada.id}`, undefined, both.admin.token);
      return byAdmin(both, DELETED(both.ada));
    },
  ],
  [
    'USER_DELETED',
    'the same over gRPC',
    `${USERS}/DeleteUser`,
    async (stage) => {
      const both = await parties(stage);
      await stage.grpc('OK', `${USERS}/DeleteUser`, { id: both.ada.id }, both.admin.token);
      return byAdmin(both, DELETED(both.ada));
    },
  ],
  [
    'USER_RESTORED',
    'an administrator brings an account back',
    `POST ${USER}/restore`,
    async (stage) => {
      const both = await parties(stage);
      const path = `/api/v1/users/${both.ada.id}`;
      await stage.product.rest.send('DELETE', path, { token: both.admin.token });
      await stage.rest(200, 'POST', `${path}/restore`, undefined, both.admin.token);
      return byAdmin(both, { before: { status: 'deleted' }, after: { status: 'pending_verification' } });
    },
  ],
  [
    'USER_UNLOCKED',
    'an administrator lifts a lock',
    `POST ${USER}/unlock`,
    async (stage) => {
      const both = await parties(stage);
      const path = `/api/v1/users/${both.ada.id}`;
      const body = { status: 'locked' };
      await stage.product.rest.send('PATCH', `${path}/status`, { body, token: both.admin.token });
      await stage.rest(204, 'POST', `${path}/unlock`, undefined, both.admin.token);
      return byAdmin(both, { before: { status: 'locked' }, after: { status: 'active' } });
    },
  ],
  [
    'PASSWORD_RESET_REQUESTED',
    'an administrator has a mail sent',
    `POST ${USER}/reset-password`,
    async (stage) => {
      const both = await parties(stage);
      await stage.rest(
        202,
        'POST',
        `/api/v1/users/${both.ada.id}/reset-password`,
        undefined,
        both.admin.token,
      );
      return byAdmin(both, {});
    },
  ],
  [
    'JOB_REQUESTED',
    'an administrator enqueues a job',
    'POST /api/v1/jobs/jobs',
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const job = { type: 'queue.prune_records', payload: { older_than_days: 3650 } };
      await stage.rest(201, 'POST', '/api/v1/jobs/jobs', job, admin.token);
      return { actor: admin.id, target: null, details: { type: job.type } };
    },
  ],
  [
    'JOB_REQUESTED',
    'the same over gRPC',
    'arcana.jobs.v1.JobQueueService/Enqueue',
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const job = { type: 'queue.prune_records' };
      await stage.grpc('OK', 'arcana.jobs.v1.JobQueueService/Enqueue', job, admin.token);
      return { actor: admin.id, target: null, details: job };
    },
  ],
  [
    'USERS_EXPORTED',
    'an administrator takes accounts away',
    'GET /api/v1/users/export',
    async (stage) => {
      const admin = await stage.people.withRole('admin');
      const path = '/api/v1/users/export?format=csv&role=moderator';
      await stage.rest(200, 'GET', path, undefined, admin.token);
      return { actor: admin.id, target: null, details: { format: 'csv', filter: { role: 'moderator' } } };
    },
  ],
];
