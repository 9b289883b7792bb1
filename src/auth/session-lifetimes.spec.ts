import { expect, test } from '@jest/globals';
import { SecuritySettings } from '../platform/config/index.js';
import { sessionLifetimes } from './session-lifetimes.js';

const lifetimes = (settings: Partial<SecuritySettings>) =>
  sessionLifetimes(Object.assign(new SecuritySettings(), settings));

test('a session may lie unused for as long as configured', () => {
  expect(lifetimes({ session_idle_expiration_secs: 1800 })).toEqual({
    refresh_lifetime_secs: 604_800,
    idle_lifetime_secs: 1800,
  });
});

test('a session whose tokens have all expired is over, however long it might lie unused', () => {
  const short = { jwt_refresh_expiration_secs: 600, session_idle_expiration_secs: 604_800 };
  expect(lifetimes({ ...short, jwt_access_expiration_secs: 60 }).idle_lifetime_secs).toBe(600);
  expect(lifetimes({ ...short, jwt_access_expiration_secs: 900 }).idle_lifetime_secs).toBe(900);
});
