import { randomBytes } from 'node:crypto';
import { problems } from '../../../test/support/config-directory.js';
import { loadConfig } from './load-config.js';
import { projectRoot } from './project-root.js';

const env = (name: string, value: string) => problems({ env: { [name]: value } });

describe('settings that contradict each other', () => {
  it.each(['layered_http', 'layered_grpc', 'kubernetes_http', 'kubernetes_grpc'])(
    'mode %s is known and refused by this release',
    (mode) => {
      expect(env('ARCANA_DEPLOYMENT__MODE', mode)).toEqual([
        `ARCANA_DEPLOYMENT__MODE is ${mode}, which this release cannot run: use monolithic.`,
      ]);
    },
  );

  it.each(['controller', 'service', 'repository', 'worker', 'scheduler'])(
    'layer %s is known and refused by this release',
    (layer) => {
      expect(problems({ argv: [`--deployment.layer=${layer}`] })).toEqual([
        `--deployment.layer is ${layer}, which this release cannot run: use all.`,
      ]);
    },
  );

  it('two names of the mode at once are one too many', () => {
    const both = { ARCANA_DEPLOYMENT_MODE: 'monolithic', ARCANA_DEPLOYMENT__MODE: 'monolithic' };
    expect(problems({ env: both })).toEqual([
      'ARCANA_DEPLOYMENT_MODE and ARCANA_DEPLOYMENT__MODE are both set: keep one of them.',
    ]);
  });

  it.each([
    [
      '--server.rest.port=9090',
      '--server.rest.port and ARCANA_SERVER__GRPC__PORT are both 9090: give each listener its own port.',
    ],
    [
      '--server.rest.port=9464',
      '--server.rest.port and ARCANA_SERVER__MANAGEMENT__PORT are both 9464: give each listener its own port.',
    ],
    [
      '--server.grpc.port=9464',
      '--server.grpc.port and ARCANA_SERVER__MANAGEMENT__PORT are both 9464: give each listener its own port.',
    ],
    [
      '--server.rest.headers_timeout_ms=30001',
      '--server.rest.headers_timeout_ms (30001) must not exceed ARCANA_SERVER__REST__REQUEST_TIMEOUT_MS (30000).',
    ],
    [
      '--server.grpc.shutdown_grace_ms=25001',
      '--server.grpc.shutdown_grace_ms (25001) must not exceed ARCANA_SERVER__SHUTDOWN_TIMEOUT_MS (25000).',
    ],
    [
      '--security.jwt_refresh_expiration_secs=899',
      'ARCANA_SECURITY__JWT_ACCESS_EXPIRATION_SECS (900) must not exceed --security.jwt_refresh_expiration_secs (899).',
    ],
    [
      '--security.session_absolute_expiration_secs=604799',
      'ARCANA_SECURITY__JWT_REFRESH_EXPIRATION_SECS (604800) must not exceed --security.session_absolute_expiration_secs (604799).',
    ],
  ])('%s is refused, naming both sides', (argument, sentence) => {
    expect(problems({ argv: [argument] })).toEqual([sentence]);
  });

  it('free ports do not collide', () => {
    expect(
      problems({ argv: ['--server.rest.port=0', '--server.grpc.port=0', '--server.management.port=0'] }),
    ).toEqual([]);
  });

  it('are not judged by a value that is refused already', () => {
    expect(
      problems({ argv: ['--server.rest.headers_timeout_ms=x', '--server.rest.request_timeout_ms=5'] }),
    ).toEqual(['--server.rest.headers_timeout_ms must be a whole number from 1 to 86400000, but is "x".']);
  });
});

describe('keys of access tokens', () => {
  it.each(['RS256', 'ES256'])('need a directory with %s, and its path becomes absolute', (algorithm) => {
    expect(env('ARCANA_SECURITY__JWT_ALGORITHM', algorithm)).toEqual([
      `ARCANA_SECURITY__JWT_KEYS_DIRECTORY is required with ${algorithm}: make a key with npm run keys -- ${algorithm} and a directory, and name that here.`,
    ]);
    const { config } = loadConfig({
      argv: [],
      env: { ARCANA_SECURITY__JWT_ALGORITHM: algorithm, ARCANA_SECURITY__JWT_KEYS_DIRECTORY: 'keys' },
      directory: '/srv/arcana',
    });
    expect(config.security.jwt_keys_directory).toBe('/srv/arcana/keys');
  });

  it('are signed with in three ways and no other', () => {
    for (const algorithm of ['none', 'HS512', 'PS256', 'EdDSA', 'es256'])
      expect(env('ARCANA_SECURITY__JWT_ALGORITHM', algorithm)).toEqual([
        `ARCANA_SECURITY__JWT_ALGORITHM must be one of HS256, RS256, ES256, but is "${algorithm}".`,
      ]);
  });

  it.each(['HS256', 'ES256'])('in a directory take the place of a secret in production (%s)', (algorithm) => {
    const found = problems({
      files: { 'config/production.toml': '' },
      env: {
        ARCANA_ENVIRONMENT: 'production',
        ARCANA_SECURITY__JWT_ALGORITHM: algorithm,
        ARCANA_SECURITY__JWT_KEYS_DIRECTORY: 'keys',
      },
    });
    expect(found.join()).not.toContain('JWT');
  });
});

describe('hiding who has an account', () => {
  it('needs sign-ins that do not tell it either', () => {
    const hidden = { ARCANA_SECURITY__REGISTRATION__HIDE_EXISTING: 'true' };
    expect(problems({ env: hidden })).toEqual([
      'ARCANA_SECURITY__REGISTRATION__HIDE_EXISTING needs ARCANA_SECURITY__ALLOW_UNVERIFIED_SIGN_IN=false: whoever registers could otherwise tell by signing in whether the address was free.',
    ]);
    expect(problems({ env: { ...hidden, ARCANA_SECURITY__ALLOW_UNVERIFIED_SIGN_IN: 'false' } })).toEqual([]);
  });
});

describe('production', () => {
  const files = { 'config/production.toml': '' };
  const env = {
    ARCANA_ENVIRONMENT: 'production',
    ARCANA_DATABASE__URL: 'postgres://u:p@db/arcana',
    ARCANA_SECURITY__JWT_SECRET: randomBytes(32).toString('base64'),
    ARCANA_MAIL__SMTP__URL: 'smtp://user:password@mail.example.com',
  };

  it('starts with a database, a good secret, a mail server and its file', () => {
    expect(problems({ files, env })).toEqual([]);
  });

  it('is refused without them, all at once', () => {
    expect(problems({ env: { ARCANA_ENVIRONMENT: 'production' } })).toEqual([
      'config/production.toml is missing: it carries the defaults of production, so ship it with the product.',
      'ARCANA_DATABASE__URL is required in production, where the embedded database is refused: give it the postgres:// URL of your server.',
      'ARCANA_SECURITY__JWT_SECRET is required in production: make one with openssl rand -base64 48, and give it here or in the file that ARCANA_SECURITY__JWT_SECRET_FILE names.',
      'ARCANA_MAIL__SMTP__URL is required in production, where mails must reach people: give it the smtp:// URL of your server, or say with ARCANA_MAIL__TRANSPORT=none that no mail is sent.',
    ]);
  });

  it.each([
    ['changeme-changeme-changeme-changeme', 'looks like a placeholder'],
    ['x'.repeat(64), 'is too easy to guess'],
  ])('refuses the secret %s without repeating it', (secret, weakness) => {
    expect(problems({ files, env: { ...env, ARCANA_SECURITY__JWT_SECRET: secret } })).toEqual([
      `ARCANA_SECURITY__JWT_SECRET ${weakness}, which production refuses: make one with openssl rand -base64 48.`,
    ]);
  });

  it('refuses password hashes that are cheap to guess', () => {
    expect(problems({ files, env, argv: ['--security.argon2.memory_kib=19455'] })).toEqual([
      '--security.argon2.memory_kib must be at least 19456 in production.',
    ]);
  });

  it('does not read .env, and .env cannot switch to it', () => {
    expect(problems({ files: { ...files, '.env': 'ARCANA_NONSENSE=1' }, env })).toEqual([]);
    expect(problems({ files: { ...files, '.env': 'ARCANA_ENVIRONMENT=production' } })).toContain(
      'ARCANA_ENVIRONMENT in .env cannot be set there: .env is not read in production, so set it in the environment of the process.',
    );
  });

  it('closes reflection and public metrics by the file that is shipped', () => {
    const { config } = loadConfig({ env, argv: [], directory: projectRoot() });
    expect([config.server.grpc.reflection, config.server.rest.metrics, config.server.rest.docs]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
