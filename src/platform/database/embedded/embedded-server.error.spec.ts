import { EmbeddedServerError, explain } from './embedded-server.error.js';

const FOLDER = '/project/.arcana/postgres';

describe('explain', () => {
  it.each([
    ['FATAL:  could not extend file "base/1/2691": No space left on device', 'is full'],
    [
      'FATAL:  could not extend file: wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.\nPANIC:  x',
      'is full',
    ],
    ['initdb: error: could not look up effective user ID 54321: user does not exist', '/etc/passwd'],
    ['FATAL:  data directory "/d" has wrong ownership', 'does not keep the owner and mode'],
    ['Error: EROFS: read-only file system, mkdir', 'is read-only'],
    ["Error: EACCES: permission denied, open '/d/lock'", 'start as the user who owns it'],
    ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'not enough memory'],
    ['PANIC:  could not locate a valid checkpoint record', 'is damaged'],
  ])('answers "%s" with its fix', (output, fix) => {
    const error = explain('It did not start', output, FOLDER);
    expect(error).toBeInstanceOf(EmbeddedServerError);
    expect(error.message).toContain(fix);
    expect(error.message).not.toMatch(/FATAL|PANIC|Error:/);
  });

  it('names the first complaint of an unknown failure, and where the rest stands', () => {
    const output =
      '2026-01-01 UTC [7] LOG:  starting\n2026-01-01 UTC [7] FATAL:  odd thing.\n2026 UTC [7] PANIC:  later\n';
    expect(explain('It did not start', output, FOLDER, '/project/server.log').message).toBe(
      'It did not start: odd thing; see /project/server.log, or set ARCANA_DATABASE__URL to a PostgreSQL of your own.',
    );
  });

  it('stays one sentence when nothing was said', () => {
    expect(explain('It did not start', '', FOLDER).message).toBe(
      'It did not start, or set ARCANA_DATABASE__URL to a PostgreSQL of your own.',
    );
  });
});
