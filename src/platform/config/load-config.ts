import { resolve } from 'node:path';
import { ArcanaConfig } from './arcana-config.js';
import { readLayers } from './config-layers.js';
import { setValueAt, valueAt } from './config-value.js';
import { brokenRules } from './configuration-rules.js';
import { ConfigurationError } from './configuration.error.js';
import type { Variables } from './environment.layer.js';
import { settingAt, SETTINGS } from './known-settings.js';
import { projectRoot } from './project-root.js';
import { problemOf, valueOf } from './setting-value.js';
import type { WrittenSetting } from './written-setting.js';

export interface ConfigInput {
  /** Without the runtime and the script. Default: the command line of this process. */
  argv?: readonly string[];
  /** Default: the environment of this process. */
  env?: Variables;
  /** Holds `config/` and `.env`, and is what every relative path starts from. Default: the project root. */
  directory?: string;
  /** Whether a person watches the output. Default: standard output is a terminal. */
  terminal?: boolean;
}

/** Which source each setting came from, by dotted key: `default`, `config/default.toml`, `.env`, `environment` ... */
export type ConfigSources = ReadonlyMap<string, string>;

/**
 * Reads the configuration from all its sources; later ones win: defaults, config/default.toml,
 * config/{environment}.toml, config/{deployment mode}.toml, config/local.toml, .env (not in production), environment,
 * command line.
 *
 * @returns a frozen configuration with absolute paths, and where each value came from
 * @throws ConfigurationError with everything that is wrong in any source, not only with the first problem
 */
export function loadConfig(input: ConfigInput = {}): { config: ArcanaConfig; sources: ConfigSources } {
  const directory = resolve(input.directory ?? projectRoot());
  const argv = input.argv ?? process.argv.slice(2);
  const env = input.env ?? process.env;
  const problems: string[] = [];
  const winners = new Map<string, WrittenSetting>();
  const config = new ArcanaConfig();
  const broken = new Set<string>();

  for (const layer of readLayers(argv, env, directory)) {
    problems.push(...layer.problems);
    for (const written of layer.settings) {
      const { path } = written.setting;
      winners.set(path, written);
      // The file it was to be read from has its sentence already.
      const value = written.raw === undefined ? undefined : valueOf(written);
      const problem = written.raw === undefined ? '' : problemOf(written, value);
      if (problem) problems.push(problem);
      if (problem === undefined) {
        setValueAt(config, path, value);
        broken.delete(path);
      } else {
        broken.add(path);
      }
    }
  }

  const nameOf = (path: string) => winners.get(path)?.writtenAs ?? settingAt(path)?.env ?? path;
  problems.push(...brokenRules(config, nameOf, (path) => broken.has(path)));
  if (problems.length > 0) throw new ConfigurationError([...new Set(problems)]);

  resolvePaths(config, directory, winners);
  if (!winners.has('observability.log_format') && config.environment === 'development') {
    config.observability.log_format = (input.terminal ?? process.stdout.isTTY) ? 'pretty' : 'json';
  }
  const sources = new Map(SETTINGS.map(({ path }) => [path, winners.get(path)?.source ?? 'default']));
  return { config: freeze(config), sources };
}

/** Paths become absolute; those that live in the data directory move with it unless somebody placed them. */
function resolvePaths(
  config: ArcanaConfig,
  directory: string,
  winners: ReadonlyMap<string, WrittenSetting>,
): void {
  config.data_directory = resolve(directory, config.data_directory);
  for (const { path, options } of SETTINGS) {
    if (options.type !== 'path') continue;
    if (valueAt(config, path) === undefined) continue;
    const follows = options.within !== undefined && !winners.has(path);
    const start = follows ? config.data_directory : directory;
    setValueAt(
      config,
      path,
      resolve(start, follows ? (options.within ?? '') : String(valueAt(config, path))),
    );
  }
}

function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) freeze(member as object);
  }
  return Object.freeze(value);
}
