import { ConfigDirectory } from '../../../test/support/config-directory.js';
import { describeConfig, withoutPassword } from './describe-config.js';
import { SETTINGS } from './known-settings.js';
import { loadConfig } from './load-config.js';

function described(env: Record<string, string>): string[] {
  using directory = new ConfigDirectory();
  const { config, sources } = loadConfig({ env, argv: ['--queue.concurrency=3'], directory: directory.path });
  return describeConfig(config, sources);
}

describe('the print-out of the configuration', () => {
  it('has a line for every setting, with value and source', () => {
    const lines = described({});
    expect(lines).toHaveLength(SETTINGS.length);
    expect(lines).toEqual(
      expect.arrayContaining([
        'server.rest.port = 8080 (default)',
        'server.rest.cors_origins = [] (default)',
        'queue.concurrency = 3 (command line)',
        'database.url = unset (default)',
      ]),
    );
  });

  it('hides secrets, and passwords inside URLs', () => {
    const lines = described({
      ARCANA_SECURITY__JWT_SECRET: 'hunter2-hunter2-hunter2-hunter2-hunter2',
      ARCANA_BOOTSTRAP__ADMIN_PASSWORD: 'hunter2',
      ARCANA_DATABASE__URL: 'postgres://arcana:hunter2@db:5432/arcana?sslmode=require&password=hunter2',
      ARCANA_REDIS__URL: 'redis://:hunter2@cache',
    });
    expect(lines.join('\n')).not.toContain('hunter2');
    expect(lines).toEqual(
      expect.arrayContaining([
        'security.jwt_secret = ******** (environment)',
        'bootstrap.admin_password = ******** (environment)',
        'database.url = postgres://arcana:********@db:5432/arcana?sslmode=require&password=******** (environment)',
        'redis.url = redis://:********@cache (environment)',
      ]),
    );
  });

  it('hides the e-mail address of the first super_admin: the print-out goes to the log', () => {
    expect(described({ ARCANA_BOOTSTRAP__ADMIN_EMAIL: 'ada@example.com' })).toContain(
      'bootstrap.admin_email = ******** (environment)',
    );
  });

  it('does not pretend that a secret is set', () => {
    expect(described({})).toContain('security.jwt_secret = unset (default)');
  });
});

describe('withoutPassword', () => {
  it('leaves a URL without one as it is', () => {
    expect(withoutPassword('redis://cache:6379/0')).toBe('redis://cache:6379/0');
  });

  it('shows nothing of a text that is no URL', () => {
    expect(withoutPassword('u:hunter2@db')).toBe('********');
    expect(withoutPassword('hunter2')).toBe('********');
  });
});
