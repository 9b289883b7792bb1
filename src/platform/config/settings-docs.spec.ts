import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { ConfigDirectory } from '../../../test/support/config-directory.js';
import { SETTINGS } from './known-settings.js';
import { loadConfig } from './load-config.js';
import { projectRoot } from './project-root.js';
import { envExample, withSettingsTables } from './settings-docs.js';
import { valueAt } from './config-value.js';

const read = (...name: string[]) => readFileSync(join(projectRoot(), ...name), 'utf8');

/** The settings of .env.example as they would be read once their lines are opened. */
function shownInExample(): Record<string, string> {
  return parse(read('.env.example').replace(/^# (ARCANA_[A-Z0-9_]+=)/gm, '$1'));
}

describe('.env.example', () => {
  it('shows every setting and no other', () => {
    expect(Object.keys(shownInExample()).sort()).toEqual(SETTINGS.map(({ env }) => env).sort());
  });

  it('shows the real defaults: opened, its lines change no value', () => {
    using directory = new ConfigDirectory();
    const given = { argv: [], directory: directory.path, terminal: false };
    const withValue = Object.entries(shownInExample()).filter(([, value]) => value !== '');
    const opened = loadConfig({ ...given, env: Object.fromEntries(withValue) });
    const untouched = loadConfig({ ...given, env: {} });
    expect(opened.config).toEqual(untouched.config);
    expect([...opened.sources.values()].filter((source) => source === 'environment')).toHaveLength(
      withValue.length,
    );
  });

  it('shows no value exactly where the default is none or an empty list', () => {
    using directory = new ConfigDirectory();
    const { config } = loadConfig({ env: {}, argv: [], directory: directory.path });
    const shown = shownInExample();
    const empty = SETTINGS.filter(({ path }) => [valueAt(config, path) ?? []].flat().length === 0);
    expect(SETTINGS.filter(({ env }) => shown[env] === '').map(({ path }) => path)).toEqual(
      empty.map(({ path }) => path),
    );
  });

  it('changes nothing as it stands', () => {
    expect(parse(read('.env.example'))).toEqual({});
  });

  it('explains each setting right above it', () => {
    const lines = read('.env.example').split('\n');
    const unexplained = lines.filter(
      (line, index) => line.startsWith('# ARCANA_') && !/^# \S/.test(lines[index - 1] ?? ''),
    );
    expect(unexplained).toEqual([]);
  });

  it('is what scripts/configuration-docs.mjs writes', () => {
    expect(read('.env.example')).toBe(envExample());
  });
});

describe('docs/configuration.md', () => {
  it('has the tables that scripts/configuration-docs.mjs writes', () => {
    const document = read('docs', 'configuration.md');
    expect(document).toBe(withSettingsTables(document));
  });

  it('names every setting in both forms', () => {
    const document = read('docs', 'configuration.md');
    const missing = SETTINGS.filter(({ path, env }) => !document.includes(`| \`${path}\` | \`${env}\` |`));
    expect(missing).toEqual([]);
  });

  it('cannot lose the place of its tables unnoticed', () => {
    expect(() => withSettingsTables('# Configuration\n')).toThrow('settings:begin');
  });
});
