import { join } from 'node:path';
import { ConfigDirectory } from '../../../test/support/config-directory.js';
import { ArcanaConfig } from './arcana-config.js';
import { loadConfig } from './load-config.js';

function load(
  files: Record<string, string>,
  given: { env?: Record<string, string>; argv?: string[]; terminal?: boolean } = {},
) {
  using directory = new ConfigDirectory(files);
  const { config, sources } = loadConfig({
    env: {},
    argv: [],
    terminal: false,
    ...given,
    directory: directory.path,
  });
  return { config, sources, directory: directory.path };
}

const port = (value: number) => `[server.rest]\nport = ${value}\n`;

describe('loadConfig', () => {
  it('gives the defaults of the schema where nothing is configured', () => {
    const { config, sources } = load({});
    expect(config.server).toEqual(new ArcanaConfig().server);
    expect(config.security).toEqual(new ArcanaConfig().security);
    expect(new Set(sources.values())).toEqual(new Set(['default']));
  });

  it('lets each source win over all before it', () => {
    const steps: [source: string, value: number][] = [['default', 8080]];
    const files: Record<string, string> = {};
    const env: Record<string, string> = {};
    const argv: string[] = [];
    const seen: [string | undefined, number][] = [];
    const look = () => {
      const { config, sources } = load(files, { env, argv });
      seen.push([sources.get('server.rest.port'), config.server.rest.port]);
    };
    look();
    ['default', 'development', 'monolithic', 'local'].forEach((name, index) => {
      files[`config/${name}.toml`] = port(1001 + index);
      steps.push([`config/${name}.toml`, 1001 + index]);
      look();
    });
    files['.env'] = 'ARCANA_SERVER__REST__PORT=1010\n';
    look();
    env.ARCANA_SERVER__REST__PORT = '1011';
    look();
    argv.push('--server.rest.port=1012');
    look();
    expect(seen).toEqual([...steps, ['.env', 1010], ['environment', 1011], ['command line', 1012]]);
  });

  it('reads the file of the environment that the command line, the environment or .env names', () => {
    const files = { 'config/staging.toml': port(1), 'config/development.toml': port(2) };
    expect(load(files).config.server.rest.port).toBe(2);
    expect(load(files, { argv: ['--environment', 'staging'] }).config.server.rest.port).toBe(1);
    expect(load(files, { env: { ARCANA_ENVIRONMENT: 'staging' } }).config.server.rest.port).toBe(1);
    expect(load({ ...files, '.env': 'ARCANA_ENVIRONMENT=staging' }).config.server.rest.port).toBe(1);
  });

  it.each(['Layered-gRPC', 'layeredgrpc', 'LAYERED_GRPC'])(
    'understands %s as a mode and reads its file',
    (mode) => {
      // The mode itself is refused by this release; that its file was read shows in the other problem.
      const files = { 'config/layered_grpc.toml': 'nonsense = 1' };
      expect(() => load(files, { env: { ARCANA_DEPLOYMENT_MODE: mode } })).toThrow(
        /^nonsense in config\/layered_grpc\.toml is not a known setting\.\nARCANA_DEPLOYMENT_MODE is layered_grpc, which this release cannot run/,
      );
    },
  );

  it('converts text to what a setting is', () => {
    const { config } = load(
      {},
      {
        env: {
          ARCANA_SERVER__REST__DOCS: '0',
          ARCANA_SERVER__GRPC__REFLECTION: 'false',
          ARCANA_QUEUE__ACCEPT_VOLATILE_REDIS: '1',
          ARCANA_DATABASE__MAX_CONNECTIONS: '7',
          ARCANA_SERVER__REST__CORS_ORIGINS: 'https://a.example, http://localhost:3000',
          ARCANA_SERVER__REST__TRUSTED_PROXIES: '',
        },
        argv: ['--database.migrate_on_start', 'false', '--security.clock_leeway_secs=0'],
      },
    );
    expect(config.server.rest.docs).toBe(false);
    expect(config.server.grpc.reflection).toBe(false);
    expect(config.queue.accept_volatile_redis).toBe(true);
    expect(config.database.max_connections).toBe(7);
    expect(config.server.rest.cors_origins).toEqual(['https://a.example', 'http://localhost:3000']);
    expect(config.server.rest.trusted_proxies).toEqual([]);
    expect(config.database.migrate_on_start).toBe(false);
    expect(config.security.clock_leeway_secs).toBe(0);
  });

  it('refuses a pool too small for a migration or a relay besides a request', () => {
    expect(() => load({}, { env: { ARCANA_DATABASE__MAX_CONNECTIONS: '2' } })).toThrow(
      /^ARCANA_DATABASE__MAX_CONNECTIONS /,
    );
    const { config } = load({}, { env: { ARCANA_DATABASE__MAX_CONNECTIONS: '3' } });
    expect(config.database.max_connections).toBe(3);
  });

  it('keeps what an argument holds after its first equals sign', () => {
    expect(load({}, { argv: ['--mail.from=a=b'] }).config.mail.from).toBe('a=b');
  });

  it('takes lists and tables from TOML as TOML writes them', () => {
    const toml = '[server.rest]\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n[security]\nargon2.time_cost = 2\n';
    const { config } = load({ 'config/local.toml': toml });
    expect(config.server.rest.trusted_proxies).toEqual(['10.0.0.0/8', '::1']);
    expect(config.security.argon2.time_cost).toBe(2);
  });

  it('starts relative paths from the directory, and moves the data along with data_directory', () => {
    const { config, directory } = load({}, { env: { ARCANA_DATA_DIRECTORY: 'data' } });
    expect(config.data_directory).toBe(join(directory, 'data'));
    expect(config.database.embedded_directory).toBe(join(directory, 'data', 'postgres'));
    expect(config.mail.directory).toBe(join(directory, 'data', 'mail'));
  });

  it('leaves a path where it was put, also when data_directory moves', () => {
    const { config, directory } = load(
      {},
      { env: { ARCANA_DATA_DIRECTORY: 'data', ARCANA_MAIL__DIRECTORY: 'out' } },
    );
    expect(config.mail.directory).toBe(join(directory, 'out'));
  });

  it('writes logs for people only in development and only on a terminal', () => {
    expect(load({}, { terminal: true }).config.observability.log_format).toBe('pretty');
    expect(load({}, { terminal: false }).config.observability.log_format).toBe('json');
    const staging = { ARCANA_ENVIRONMENT: 'staging' };
    expect(load({}, { terminal: true, env: staging }).config.observability.log_format).toBe('json');
    const json = { ARCANA_OBSERVABILITY__LOG_FORMAT: 'json' };
    expect(load({}, { terminal: true, env: json }).config.observability.log_format).toBe('json');
  });

  it('cannot be changed afterwards', () => {
    const { config } = load({});
    expect(() => (config.server.rest.port = 1)).toThrow(TypeError);
    expect(() => config.server.rest.cors_origins.push('x')).toThrow(TypeError);
  });

  it('leaves the environment of the process alone', () => {
    const before = { ...process.env };
    load({ '.env': 'ARCANA_SERVER__REST__PORT=1\nOTHER=2\n' });
    expect({ ...process.env }).toEqual(before);
  });

  it('leaves foreign variables alone, and those that Kubernetes makes for a Service named after the product', () => {
    const env = {
      PATH: '/bin',
      ARCANA_CLOUD_SERVICE_HOST: '10.1.2.3',
      ARCANA_CLOUD_SERVICE_PORT: '8080',
      ARCANA_CLOUD_SERVICE_PORT_HTTP: '8080',
      ARCANA_CLOUD_PORT: 'tcp://10.1.2.3:8080',
      ARCANA_CLOUD_PORT_8080_TCP: 'tcp://10.1.2.3:8080',
      ARCANA_CLOUD_PORT_8080_TCP_ADDR: '10.1.2.3',
    };
    expect(() => load({}, { env })).not.toThrow();
    expect(() => load({}, { env: { ...env, ARCANA_CLOUD_PRT: 'x' } })).toThrow(
      'ARCANA_CLOUD_PRT is not a known setting',
    );
  });

  it.each(['secret\n', 'secret\r\n', 'secret'])(
    'reads %j from a file as the value without its last newline',
    (text) => {
      using directory = new ConfigDirectory({ 'run/password': text });
      const env = { ARCANA_BOOTSTRAP__ADMIN_PASSWORD_FILE: 'run/password' };
      const { config, sources } = loadConfig({ env, argv: [], directory: directory.path });
      expect(config.bootstrap.admin_password).toBe('secret');
      expect(sources.get('bootstrap.admin_password')).toBe('environment (file)');
    },
  );

  it('keeps every other newline and space of a file', () => {
    using directory = new ConfigDirectory({ password: ' two\nlines \n\n' });
    const env = { ARCANA_BOOTSTRAP__ADMIN_PASSWORD_FILE: 'password' };
    expect(loadConfig({ env, argv: [], directory: directory.path }).config.bootstrap.admin_password).toBe(
      ' two\nlines \n',
    );
  });

  it('converts what a file holds as it converts a variable', () => {
    using directory = new ConfigDirectory({ port: '8099\n' });
    const env = { ARCANA_SERVER__REST__PORT_FILE: join(directory.path, 'port') };
    expect(loadConfig({ env, argv: [], directory: directory.path }).config.server.rest.port).toBe(8099);
  });
});
