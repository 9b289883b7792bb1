import { ConfigDirectory, problems, problemsIn } from '../../../test/support/config-directory.js';

const env = (name: string, value: string) => problems({ env: { [name]: value } });

describe('a value', () => {
  it.each(['', ' 8080', '8080 ', '8_080', '0x1F', '1e3', '080', '+80', '1.0', 'NaN', '٣'])(
    'that is not a plain decimal number is refused: %j',
    (text) => {
      expect(env('ARCANA_SERVER__REST__PORT', text)[0]).toMatch(
        /^ARCANA_SERVER__REST__PORT must be a whole number from 0 to 65535(, but is ".*")?\.$/,
      );
    },
  );

  it('of 5,000 digits is refused in a short sentence, as text and in TOML', () => {
    const digits = '9'.repeat(5000);
    expect(env('ARCANA_SERVER__REST__PORT', digits)).toEqual([
      `ARCANA_SERVER__REST__PORT must be a whole number from 0 to 65535, but is "${'9'.repeat(60)}...".`,
    ]);
    expect(problems({ files: { 'config/local.toml': `[server.rest]\nport = ${digits}` } })).toEqual([
      'config/local.toml is not valid TOML at line 2, column 8: integer value cannot be represented losslessly.',
    ]);
  });

  it.each(['', 'yes', 'TRUE', 'on', '2', '__proto__'])(
    'that is not true, false, 1 or 0 is no switch: %j',
    (text) => {
      expect(env('ARCANA_SERVER__REST__DOCS', text)[0]).toMatch(
        /^ARCANA_SERVER__REST__DOCS must be true or false/,
      );
    },
  );

  it('that is empty is refused instead of taken for unset', () => {
    expect(env('ARCANA_MAIL__FROM', '')).toEqual([
      'ARCANA_MAIL__FROM must not be empty: give it a value, or leave it out.',
    ]);
    expect(env('ARCANA_REDIS__URL', '')[0]).toMatch(/^ARCANA_REDIS__URL must be a URL/);
    expect(env('ARCANA_SECURITY__JWT_SECRET', '')[0]).toMatch(
      /^ARCANA_SECURITY__JWT_SECRET must not be empty/,
    );
  });

  it.each([
    ['port = 1.5', '1.5'],
    ['port = inf', 'Infinity'],
    ['port = true', 'true'],
    ['port = [80]', '[80]'],
    ['port = 2026-01-01', '2026-01-01'],
  ])('of another TOML type is refused: %s', (line, shown) => {
    expect(problems({ files: { 'config/local.toml': `[server.rest]\n${line}` } })).toEqual([
      expect.stringMatching(
        /^server\.rest\.port in config\/local\.toml must be a whole number from 0 to 65535, but is /,
      ),
    ]);
    expect(problems({ files: { 'config/local.toml': `[server.rest]\n${line}` } })[0]).toContain(shown);
  });

  it('where a section is expected, and a table where a value is, are told apart', () => {
    expect(problems({ files: { 'config/local.toml': 'server = 1\n[mail.from]\nname = "x"' } })).toEqual([
      'server in config/local.toml is a section: write it as [server] with its keys below.',
      'mail.from in config/local.toml takes a value, not a table.',
    ]);
  });

  it('that is not among the choices is answered with them', () => {
    expect(env('ARCANA_OBSERVABILITY__LOG_LEVEL', 'verbose')).toEqual([
      'ARCANA_OBSERVABILITY__LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, but is "verbose".',
    ]);
  });

  it.each(['*', 'https://a.example/', 'a.example', 'https://a.example,'])(
    'is no list of origins: %s',
    (text) => {
      expect(env('ARCANA_SERVER__REST__CORS_ORIGINS', text)[0]).toMatch(/must list origins such as/);
    },
  );

  it.each(['proxy', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', '10.0.0.0/-1'])(
    'is no list of addresses: %s',
    (text) => {
      expect(env('ARCANA_SERVER__REST__TRUSTED_PROXIES', text)[0]).toMatch(
        /must list IP addresses or ranges/,
      );
    },
  );

  it('with a NUL character is no path', () => {
    expect(env('ARCANA_DATA_DIRECTORY', 'a\0b')[0]).toMatch(/^ARCANA_DATA_DIRECTORY must not contain NUL/);
  });
});

describe('a URL', () => {
  it.each([
    ['ARCANA_DATABASE__URL', 'mysql://root:hunter2@db/x', 'postgres:// or postgresql://', 'mysql://'],
    ['ARCANA_REDIS__URL', 'http://x:hunter2@cache', 'redis:// or rediss://', 'http://'],
  ])('%s of another scheme is refused without its password', (name, url, wanted, scheme) => {
    const found = env(name, url);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${name} must be a URL that starts with ${wanted} and names a host`);
    expect(found[0]).toMatch(new RegExp(`, but starts with ${scheme}\\.$`));
    expect(found[0]).not.toContain('hunter2');
  });

  it.each([
    'postgres://',
    'postgres:///arcana',
    'postgres://u:hunter#2@db/x',
    'postgres://u:hunter%2@db/x',
    'hunter2',
  ])('that no driver could use is refused and not shown: %s', (url) => {
    const found = env('ARCANA_DATABASE__URL', url);
    expect(found).toHaveLength(1);
    expect(found[0]).not.toContain('hunter');
  });

  it('may name a socket directory instead of a host', () => {
    expect(env('ARCANA_DATABASE__URL', 'postgres:///arcana?host=/run/postgresql')).toEqual([]);
  });
});

describe('a secret', () => {
  it('is never shown, whatever is wrong with it', () => {
    expect(env('ARCANA_SECURITY__JWT_SECRET', 'hunter2')).toEqual([
      'ARCANA_SECURITY__JWT_SECRET must be at least 32 bytes long: make one with openssl rand -base64 48.',
    ]);
    const typed = problems({ files: { 'config/local.toml': '[security]\njwt_secret = 1234567' } });
    expect(typed).toEqual(['security.jwt_secret in config/local.toml must be text.']);
  });

  it('is not shown when its words fall apart on the command line', () => {
    expect(problems({ argv: ['--bootstrap.admin_password', 'correct', 'horse'] })).toEqual([
      'Argument 3 belongs to no setting: write settings as --section.key=value.',
    ]);
  });

  it('in a file that is no TOML is not shown', () => {
    const found = problems({ files: { 'config/local.toml': '[security]\njwt_secret = "hunter2\n' } });
    expect(found).toEqual([
      'config/local.toml is not valid TOML at line 2, column 22: control characters are not allowed in strings.',
    ]);
  });

  it('read from a file into the wrong setting is not shown', () => {
    using directory = new ConfigDirectory({ secret: 'hunter2' });
    const found = problemsIn(directory.path, { env: { ARCANA_SERVER__REST__PORT_FILE: 'secret' } });
    expect(found).toEqual(['ARCANA_SERVER__REST__PORT_FILE must be a whole number from 0 to 65535.']);
  });
});
