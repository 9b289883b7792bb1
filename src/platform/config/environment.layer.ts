import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { hintForVariable, settingOfVariable } from './known-settings.js';
import { readTextFile, UnreadableFileError } from './text-file.js';
import { type Layer, printable, type WrittenSetting } from './written-setting.js';

const PREFIX = 'ARCANA_';
const FILE_SUFFIX = '_FILE';
const MAX_DOTENV_BYTES = 1_048_576;
const MAX_SECRET_BYTES = 65_536;

export type Variables = Readonly<Record<string, string | undefined>>;

/** Reads `.env` of a directory, without touching the environment of the process. */
export function readDotenvLayer(directory: string): Layer {
  try {
    const text = readTextFile(join(directory, '.env'), MAX_DOTENV_BYTES);
    return text === undefined
      ? { settings: [], problems: [] }
      : readVariables(parse(text), directory, '.env');
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { settings: [], problems: [`.env ${error.message}.`] };
  }
}

/** Reads every `ARCANA_*` variable of an environment. `directory` is what relative `..._FILE` names start from. */
export function readEnvironmentLayer(env: Variables, directory: string): Layer {
  return readVariables(env, directory, 'environment');
}

function readVariables(variables: Variables, directory: string, source: string): Layer {
  const layer: Layer = { settings: [], problems: [] };
  const foreign = injectedByKubernetes(variables);
  const namesOf = new Map<string, string[]>();
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || !name.startsWith(PREFIX) || foreign(name)) continue;
    const written = readVariable(name, value, directory, source, layer);
    if (!written) continue;
    const names = namesOf.get(written.setting.path) ?? [];
    namesOf.set(written.setting.path, [...names, name]);
    if (names.length === 0) layer.settings.push(written);
  }
  for (const names of namesOf.values()) {
    if (names.length > 1) {
      layer.problems.push(`${names.sort().join(' and ')} are both set${where(source)}: keep one of them.`);
    }
  }
  return layer;
}

function readVariable(
  name: string,
  value: string,
  directory: string,
  source: string,
  layer: Layer,
): WrittenSetting | undefined {
  const writtenAs = printable(name) + where(source);
  const direct = settingOfVariable(name);
  if (direct) return { setting: direct, raw: value, writtenAs, source, isText: true, isFromFile: false };

  const setting = name.endsWith(FILE_SUFFIX)
    ? settingOfVariable(name.slice(0, -FILE_SUFFIX.length))
    : undefined;
  if (!setting) {
    layer.problems.push(`${writtenAs} is not a known setting.${hintForVariable(name)}`);
    return undefined;
  }
  const written = { setting, writtenAs, source: `${source} (file)`, isText: true, isFromFile: true };
  try {
    return { ...written, raw: readSecretFile(value, directory) };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    layer.problems.push(`${writtenAs} names a file that ${error.message}.`);
    // Still a setting with a source: a second variable for it is worth a sentence, a missing value is not.
    return { ...written, raw: undefined };
  }
}

/** A secret as mounted by Docker or Kubernetes. Editors and echo end a file with a newline that nobody means. */
function readSecretFile(file: string, directory: string): string {
  if (file === '') throw new UnreadableFileError('has no name: give it a path, or leave the variable out');
  const text = readTextFile(resolve(directory, file), MAX_SECRET_BYTES);
  if (text === undefined) throw new UnreadableFileError('does not exist');
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new UnreadableFileError('is empty');
  return value;
}

function where(source: string): string {
  return source === 'environment' ? '' : ` in ${source}`;
}

/**
 * Kubernetes gives every pod variables for the Services of its namespace: a Service named arcana-cloud brings
 * ARCANA_CLOUD_SERVICE_HOST, ARCANA_CLOUD_PORT=tcp://... and more, which nobody wrote and no typo looks like.
 */
function injectedByKubernetes(variables: Variables): (name: string) => boolean {
  const services = Object.keys(variables)
    .filter((name) => /^ARCANA_.+_SERVICE_HOST$/.test(name) && !name.includes('__'))
    .map((name) => name.slice(0, -'_SERVICE_HOST'.length));
  return (name) =>
    services.some((service) => {
      if (!name.startsWith(`${service}_`)) return false;
      const rest = name.slice(service.length);
      return (
        /^_SERVICE_(HOST|PORT(_\w+)?)$/.test(rest) ||
        /^_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/.test(rest)
      );
    });
}
