import { RequestContext, type Principal } from '../../src/platform/context/index.js';
import type { Effects } from '../../src/platform/database/index.js';
import type { Role } from '../../src/platform/security/index.js';
import { User } from '../../src/users/dto/user.dto.js';

/** An account, and who asks about it. */
export const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
export const CALLER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a00';

export const sampleUser = (fields: Partial<User> = {}): User =>
  Object.assign(new User(), {
    id: ID,
    name: 'Ada',
    email: 'ada@example.com',
    role: 'user',
    status: 'active',
    email_verified: true,
    avatar_url: null,
    metadata: { theme: 'dark', list: [1] },
    sync_status: 'SYNCED',
    last_login_at: null,
    created_at: new Date(0),
    updated_at: new Date(0),
    version: 3,
    ...fields,
  });

/** Runs `work` as a signed-in caller of this role. */
export const asRole = <T>(role: Role, work: () => Promise<T>): Promise<T> =>
  asPrincipal({ id: CALLER, roles: [role], via: 'access_token' }, work);

/** Runs `work` as this caller. */
export const asPrincipal = <T>(principal: Principal, work: () => Promise<T>): Promise<T> =>
  RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', principal }), work);

/** What an error is like that was thrown for this reason. */
export const forReason = (reason: string): object => ({ fields: [{ code: reason }] });

/** Effects without the ids that are new each time. */
export const summary = (effects: Effects): object => ({
  events: effects.events.map(({ type, data }) => [type, data]),
  jobs: effects.jobs.map(({ type, data }) => [type, data]),
  audit: effects.audit.map(({ action, target, details }) => ({ action, target, details })),
});
