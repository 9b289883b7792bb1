import { problems } from '../../../test/support/config-directory.js';
import { ConfigurationError } from './configuration.error.js';

const env = (name: string, value: string) => problems({ env: { [name]: value } });

describe('a wrong configuration', () => {
  it('is reported whole, in the words of whoever wrote it, and in one error', () => {
    const found = problems({
      files: {
        'config/default.toml': 'colour = 1\n[server.rest]\nport = "80"\n',
        '.env': 'ARCANA_QUEUE__CONCURENCY=3',
      },
      env: { ARCANA_SERVER__GRPC__PORT: '70000' },
      argv: ['--rate_limit.burst=none', '--server.grcp.port=1'],
    });
    expect(found).toEqual([
      'colour in config/default.toml is not a known setting.',
      'server.rest.port in config/default.toml must be a whole number from 0 to 65535, but is "80".',
      'ARCANA_QUEUE__CONCURENCY in .env is not a known setting. Did you mean ARCANA_QUEUE__CONCURRENCY?',
      'ARCANA_SERVER__GRPC__PORT must be a whole number from 0 to 65535, but is "70000".',
      '--server.grcp.port is not a known setting. Did you mean server.grpc.port?',
      '--rate_limit.burst must be a whole number from 1 to 10000000, but is "none".',
    ]);
    expect(new ConfigurationError(found).message.split('\n')).toEqual(found);
  });

  it('is reported also where a later source would have won', () => {
    const given = {
      files: { 'config/default.toml': '[server.rest]\nport = -1' },
      argv: ['--server.rest.port=1'],
    };
    expect(problems(given)).toEqual([
      'server.rest.port in config/default.toml must be a whole number from 0 to 65535, but is -1.',
    ]);
  });
});

describe('an unknown key', () => {
  it('with one underscore between section and key is answered with the right name', () => {
    expect(env('ARCANA_DATABASE_URL', 'x')).toEqual([
      'ARCANA_DATABASE_URL is not a known setting. Did you mean ARCANA_DATABASE__URL?',
    ]);
  });

  it('read from a file is answered with the right name of a file', () => {
    expect(env('ARCANA_SECURITY__JWT_SECRT_FILE', 'x')).toEqual([
      'ARCANA_SECURITY__JWT_SECRT_FILE is not a known setting. Did you mean ARCANA_SECURITY__JWT_SECRET_FILE?',
    ]);
  });

  it('in lower case is not taken for the variable', () => {
    expect(env('ARCANA_server__rest__port', '1')).toEqual([
      'ARCANA_server__rest__port is not a known setting. Did you mean ARCANA_SERVER__REST__PORT?',
    ]);
  });

  it('that is a section is reported once, with the nearest section', () => {
    expect(problems({ files: { 'config/local.toml': '[databse]\nurl = "x"\nmore = 1' } })).toEqual([
      'databse in config/local.toml is not a known setting. Did you mean database?',
    ]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('named %s is one like any other', (key) => {
    const found = problems({
      files: {
        'config/local.toml': `[${key}]\npolluted = 1\n[server.${key}]\nport = 1`,
        '.env': `ARCANA_${key}=1`,
      },
      env: { [`ARCANA_${key}__X`]: '1' },
      argv: [`--${key}.x=1`, `--server.${key}=1`],
    });
    expect(found).toHaveLength(6);
    for (const problem of found) expect(problem).toContain('is not a known setting.');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('of any length and any characters makes one short line', () => {
    const found = problems({ argv: [`--${'x'.repeat(100_000)}=1`, '--a\nb\u001b[31m=1'] });
    expect(found).toEqual([
      `--${'x'.repeat(60)}... is not a known setting.`,
      '--a\\nb\\u001b[31m is not a known setting.',
    ]);
  });
});
