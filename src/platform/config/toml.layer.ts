import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { hintForPath, isSection, settingAt } from './known-settings.js';
import { readTextFile, UnreadableFileError } from './text-file.js';
import { type Layer, printable } from './written-setting.js';

/** A configuration file is a few kilobytes; more is a mistake. */
const MAX_FILE_BYTES = 1_048_576;

/** Reads `config/<name>.toml` below a directory. @returns undefined when there is no such file */
export function readTomlLayer(directory: string, name: string): Layer | undefined {
  const source = `config/${name}.toml`;
  const layer: Layer = { settings: [], problems: [] };
  try {
    const text = readTextFile(join(directory, 'config', `${name}.toml`), MAX_FILE_BYTES);
    if (text === undefined) return undefined;
    collect(parse(text), '', source, layer);
  } catch (error) {
    layer.problems.push(`${source} ${reasonOf(error)}.`);
  }
  return layer;
}

/** The parser's message goes on with an excerpt of the file, which may hold a secret: its first line is enough. */
function reasonOf(error: unknown): string {
  if (error instanceof UnreadableFileError) return error.message;
  if (!(error instanceof TomlError)) throw error;
  const what = error.message.split('\n', 1)[0]?.replace('Invalid TOML document: ', '').replace(/\.$/, '');
  return `is not valid TOML at line ${error.line}, column ${error.column}: ${what}`;
}

function collect(table: object, prefix: string, source: string, layer: Layer): void {
  for (const [key, raw] of Object.entries(table)) {
    const path = prefix + key;
    const shown = `${printable(path)} in ${source}`;
    const setting = settingAt(path);
    if (isSection(path)) {
      if (isTable(raw)) collect(raw, `${path}.`, source, layer);
      else layer.problems.push(`${shown} is a section: write it as [${path}] with its keys below.`);
    } else if (!setting) {
      layer.problems.push(`${shown} is not a known setting.${hintForPath(path)}`);
    } else if (isTable(raw)) {
      layer.problems.push(`${shown} takes a value, not a table.`);
    } else {
      layer.settings.push({ setting, raw, writtenAs: shown, source, isText: false, isFromFile: false });
    }
  }
}

/** TOML dates are objects too, but of a class. */
function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
