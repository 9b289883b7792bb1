import { SETTINGS } from './known-settings.js';
import type { SettingEntry } from './setting.js';

/** The lines of docs/configuration.md between which the tables of all settings stand. */
const BEGIN = '<!-- settings:begin (written by scripts/configuration-docs.mjs) -->';
const END = '<!-- settings:end -->';

/** Replaces the tables in the text of docs/configuration.md. @throws Error when the text has lost its markers */
export function withSettingsTables(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The document must hold ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n<!-- prettier-ignore-start -->\n\n${settingsTables()}\n<!-- prettier-ignore-end -->\n${END}${after}`;
}

function settingsTables(): string {
  const tables = Object.entries(Object.groupBy(SETTINGS, groupOf)).map(([group, settings = []]) =>
    [
      `### ${group || 'General'}`,
      '',
      '| key | environment variable | default | values | meaning |',
      '|---|---|---|---|---|',
      ...settings.map(tableRow),
      '',
    ].join('\n'),
  );
  return tables.join('\n');
}

function tableRow(setting: SettingEntry): string {
  const shown = defaultText(setting);
  const cells = [
    code(setting.path),
    code(setting.env),
    setting.options.optional ? 'unset' : shown === '' ? 'empty' : code(shown),
    valuesOf(setting),
    setting.options.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The text of `.env.example`: every setting as a comment, so that a copy changes nothing until a line is opened. */
export function envExample(): string {
  const groups = Object.entries(Object.groupBy(SETTINGS, groupOf)).map(([group, settings = []]) =>
    [
      `# ---- ${group || 'general'} ${'-'.repeat(100 - (group || 'general').length)}`,
      '',
      ...settings.map(exampleOf),
    ].join('\n'),
  );
  return `${EXAMPLE_HEADER}\n${groups.join('\n')}`;
}

const EXAMPLE_HEADER = `# Every setting in its environment form with its default. Copy this file to .env and open the lines you change; .env is
# git-ignored and not read in production. Lines stay closed because an open one, even with the default in it, wins over
# config/*.toml. A value with # or a space at an end needs quotes. Each name also exists with _FILE behind it and then
# names a file that holds the value: the right place for secrets. An unknown ARCANA_ name stops the start.
# Written by scripts/configuration-docs.mjs from the schema; meaning and limits: docs/configuration.md.
`;

function exampleOf(setting: SettingEntry): string {
  return [...wrap(setting.options.description), `# ${setting.env}=${defaultText(setting)}`, ''].join('\n');
}

function groupOf({ path }: SettingEntry): string {
  return path.split('.').slice(0, -1).join('.');
}

/** In the form the environment takes; nothing for an optional setting and for an empty list. */
function defaultText(setting: SettingEntry): string {
  if (setting.default === undefined) return '';
  return Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default);
}

function valuesOf({ options }: SettingEntry): string {
  switch (options.type) {
    case 'integer':
      return `${options.min} to ${options.max}`;
    case 'flag':
      return '`true`, `false`';
    case 'choice':
      return options.values.map(code).join(', ');
    case 'url':
      return options.schemes.map((scheme) => code(`${scheme}://`)).join(', ');
    case 'list':
      return 'comma separated';
    case 'path':
      return options.within ? `path; follows \`data_directory\` unless set` : 'path';
    case 'email':
      return 'e-mail address';
    case 'text':
      return options.secret ? 'secret' : 'text';
  }
}

function code(text: string): string {
  return `\`${text}\``;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length > 108) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
