import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { ConfigDirectory } from '../../../test/support/config-directory.js';
import { ArcanaConfig } from './arcana-config.js';
import { ConfigurationError } from './configuration.error.js';
import { jwtSecret } from './development-secret.js';
import { projectRoot } from './project-root.js';

function configIn(directory: string): ArcanaConfig {
  const config = new ArcanaConfig();
  config.data_directory = join(directory, '.arcana');
  return config;
}

describe('the signing secret', () => {
  it('is the configured one where there is one, and no file is made', () => {
    using directory = new ConfigDirectory();
    const config = configIn(directory.path);
    config.security.jwt_secret = 'configured';
    expect(jwtSecret(config)).toBe('configured');
    expect(existsSync(config.data_directory)).toBe(false);
  });

  it('is made once, of 48 bytes, for its owner only, and read again later', () => {
    using directory = new ConfigDirectory();
    const config = configIn(directory.path);
    const secret = jwtSecret(config);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(48);
    expect(statSync(join(config.data_directory, 'jwt-secret')).mode & 0o777).toBe(0o600);
    expect(jwtSecret(config)).toBe(secret);
    expect(readdirSync(config.data_directory)).toEqual(['jwt-secret']);
  });

  it('differs from one installation to the next', () => {
    using one = new ConfigDirectory();
    using other = new ConfigDirectory();
    expect(jwtSecret(configIn(one.path))).not.toBe(jwtSecret(configIn(other.path)));
  });

  it('that others may read is closed to them', () => {
    using directory = new ConfigDirectory();
    const config = configIn(directory.path);
    const secret = jwtSecret(config);
    const file = join(config.data_directory, 'jwt-secret');
    chmodSync(file, 0o644);
    expect(jwtSecret(config)).toBe(secret);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'short\n', `${'!'.repeat(64)}\n`])(
    'is not taken from a file that holds something else: %j',
    (content) => {
      using directory = new ConfigDirectory({ '.arcana/jwt-secret': content });
      const config = configIn(directory.path);
      expect(() => jwtSecret(config)).toThrow(ConfigurationError);
      expect(() => jwtSecret(config)).toThrow(
        /jwt-secret does not hold a secret made by this product: repair or delete it/,
      );
      expect(readFileSync(join(config.data_directory, 'jwt-secret'), 'utf8')).toBe(content);
    },
  );

  it('cannot be a directory, nor lie below a file', () => {
    using directory = new ConfigDirectory({ file: '' });
    const config = configIn(directory.path);
    mkdirSync(join(config.data_directory, 'jwt-secret'), { recursive: true });
    expect(() => jwtSecret(config)).toThrow(
      /jwt-secret is a directory, not a file: repair or delete it, or set ARCANA_SECURITY__JWT_SECRET\.$/,
    );
    config.data_directory = join(directory.path, 'file');
    expect(() => jwtSecret(config)).toThrow(/cannot be made or used \((EEXIST|ENOTDIR)\)/);
  });

  it('is never made in production', () => {
    using directory = new ConfigDirectory();
    const config = configIn(directory.path);
    config.environment = 'production';
    expect(() => jwtSecret(config)).toThrow('ARCANA_SECURITY__JWT_SECRET is required in production.');
    expect(existsSync(config.data_directory)).toBe(false);
  });

  it('is the same for processes that start at once', async () => {
    using directory = new ConfigDirectory();
    // Each process is loaded first and then makes the secrets of many installations, so that they do meet.
    const program = `
      import { once } from 'node:events';
      import { ArcanaConfig, jwtSecret } from '${pathToFileURL(join(projectRoot(), 'src/platform/config/index.ts')).href}';
      process.stdout.write('ready');
      await once(process.stdin, 'data');
      const secrets = Array.from({ length: 100 }, (_, installation) => {
        const config = new ArcanaConfig();
        config.data_directory = process.argv[1] + '/' + installation;
        return jwtSecret(config);
      });
      process.stdout.write(JSON.stringify(secrets));
      process.stdin.destroy();`;
    const loader = pathToFileURL(join(projectRoot(), 'test/support/dist-from-source.mjs')).href;
    const processes = Array.from({ length: 3 }, () =>
      spawn(
        process.execPath,
        ['--import', loader, '--input-type=module', '--eval', program, directory.path],
        {
          env: { PATH: process.env.PATH },
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      ),
    );
    await Promise.all(processes.map(({ stdout }) => once(stdout, 'data')));
    const answers = processes.map(({ stdout }) => text(stdout));
    for (const { stdin } of processes) stdin.end('go');
    const [first, ...others] = await Promise.all(answers);
    expect(new Set(JSON.parse(first ?? '') as string[]).size).toBe(100);
    expect(others).toEqual([first, first]);
    expect(readdirSync(join(directory.path, '0'))).toEqual(['jwt-secret']);
  });
});
