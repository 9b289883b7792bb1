import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../src/platform/config/index.js';
import { ConfigDirectory } from '../test/support/config-directory.js';

const root = projectRoot();

/** Runs shell lines as a reader of the guide would, on the sources instead of the build. */
function shell(lines: string, env: Record<string, string> = {}) {
  using directory = new ConfigDirectory();
  symlinkSync(join(root, 'scripts'), join(directory.path, 'scripts'));
  const onSources = pathToFileURL(join(root, 'test/support/dist-from-source.mjs')).href;
  return spawnSync('/bin/sh', ['-ec', lines], {
    cwd: directory.path,
    encoding: 'utf8',
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      NODE_OPTIONS: `--import ${onSources}`,
      ...env,
    },
  });
}

const guide = readFileSync(join(root, 'docs', 'configuration.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines]) => lines ?? '');

describe('scripts/configuration.mjs', () => {
  it('prints every setting with its source and ends with 0', () => {
    const { status, stdout, stderr } = shell('node scripts/configuration.mjs --server.grpc.port 9091', {
      ARCANA_SERVER__REST__PORT: '8081',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('server.rest.port = 8081 (environment)\n');
    expect(stdout).toContain('server.grpc.port = 9091 (command line)\n');
  });

  it('ends with 1 and one sentence per problem where a start would be refused', () => {
    const { status, stdout, stderr } = shell('node scripts/configuration.mjs --server.rest.prot=1', {
      ARCANA_QUEUE__CONCURRENCY: 'many',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n').sort()).toEqual([
      '--server.rest.prot is not a known setting. Did you mean server.rest.port?',
      'ARCANA_QUEUE__CONCURRENCY must be a whole number from 1 to 1000, but is "many".',
    ]);
  });
});

describe('docs/configuration.md', () => {
  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(3);
  });

  it.each(commands)('gives a command that works: %s', (lines) => {
    const { status, stdout, stderr } = shell(lines);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('security.jwt_secret = ');
  });
});
