import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { AppError } from '../platform/errors/index.js';
import type { AccessTokens } from './access-tokens.js';
import type { LiveSessions } from './live-sessions.js';
import type { SessionUses } from './session-uses.js';
import { TokenService } from './token.service.js';

const CLAIMS = { sub: 'user-1', sid: 'session-1', roles: ['user'], jti: 'j', exp: 1_800_000_000 };
const SESSION = {
  session_id: 'session-1',
  user_id: 'user-1',
  role: 'moderator' as const,
  revision: '7.1',
  remaining_ms: 60_000,
};

const service = (
  tokens: Partial<AccessTokens>,
  sessions: Partial<LiveSessions> = {},
  uses = strictMock<SessionUses>('SessionUses', { note: () => undefined }),
) =>
  new TokenService(
    strictMock('AccessTokens', tokens),
    strictMock<LiveSessions>('LiveSessions', sessions),
    uses,
  );

const refusing = (code: 'UNAUTHORIZED' | 'TOKEN_EXPIRED') => ({
  recall: () => undefined,
  verify: () => Promise.reject(new AppError(code)),
});
const verified = { recall: () => undefined, verify: async () => CLAIMS };

describe('a token', () => {
  test('that verifies and whose session lives is its owner, in the role the account has now', async () => {
    const tokens = service(verified, { find: async () => SESSION });
    expect(await tokens.resolve('t')).toEqual({
      id: 'user-1',
      roles: ['moderator'],
      sid: 'session-1',
      revision: '7.1',
      via: 'access_token',
    });
    expect(await tokens.validate('t')).toEqual({
      valid: true,
      user_id: 'user-1',
      roles: ['moderator'],
      session_id: 'session-1',
      expires_at: new Date(1_800_000_000_000),
    });
  });

  test('that opens a call is a use of its session; one that is only judged, or worthless, is none', async () => {
    const uses = strictMock<SessionUses>('SessionUses', { note: () => undefined });
    const tokens = service(verified, { find: async () => SESSION }, uses);
    await tokens.validate('t');
    await expect(service(verified, { find: async () => null }, uses).resolve('t')).rejects.toThrow();
    expect(uses.note).not.toHaveBeenCalled();
    await tokens.resolve('t');
    expect(uses.note.mock.calls).toEqual([['session-1']]);
  });

  test('that verified before is asked about its session all the same', async () => {
    const recalled = { recall: () => CLAIMS };
    expect((await service(recalled, { find: async () => SESSION }).validate('t')).valid).toBe(true);
    expect((await service(recalled, { find: async () => null }).validate('t')).valid).toBe(false);
  });

  test.each([
    ['whose session is over', verified, { find: async () => null }],
    ['that does not verify, without a question to the database', refusing('UNAUTHORIZED'), {}],
  ])('%s is worth nothing', async (_, tokens, sessions) => {
    await expect(service(tokens, sessions).resolve('t')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await service(tokens, sessions).validate('t')).toEqual({ valid: false, roles: [] });
  });

  test('that has expired says so to its bearer, and is worth nothing', async () => {
    await expect(service(refusing('TOKEN_EXPIRED')).resolve('t')).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
    expect(await service(refusing('TOKEN_EXPIRED')).validate('t')).toEqual({ valid: false, roles: [] });
  });

  test('is not judged when the sessions cannot be asked: neither valid nor invalid', async () => {
    const tokens = service(verified, { find: () => Promise.reject(new AppError('SERVICE_UNAVAILABLE')) });
    await expect(tokens.resolve('t')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(tokens.validate('t')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
