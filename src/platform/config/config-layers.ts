import { readArgumentLayer } from './argument.layer.js';
import { readDotenvLayer, readEnvironmentLayer, type Variables } from './environment.layer.js';
import { problemOf, valueOf } from './setting-value.js';
import { readTomlLayer } from './toml.layer.js';
import type { Layer, WrittenSetting } from './written-setting.js';

/**
 * Every source of the configuration, the weakest first.
 *
 * The environment and the mode name files, so the sources that may set them are read before the files are chosen. That
 * is also why a file cannot set what chose it.
 */
export function readLayers(argv: readonly string[], env: Variables, directory: string): Layer[] {
  const outside = [readEnvironmentLayer(env, directory), readArgumentLayer(argv)];
  const given = chosen('environment', outside);
  const dotenv = given === 'production' ? none() : readDotenvLayer(directory);
  const environment = given ?? chosen('environment', [dotenv]) ?? 'development';

  const byDefault = toml(directory, 'default');
  const byEnvironment = environmentFile(directory, environment);
  const local = toml(directory, 'local');
  const mode =
    chosen('deployment.mode', [byDefault, byEnvironment, local, dotenv, ...outside]) ?? 'monolithic';
  const byMode = toml(directory, mode);

  for (const file of [byDefault, byEnvironment, byMode, local]) {
    refuse(
      file,
      'environment',
      'it chooses the files, so only ARCANA_ENVIRONMENT or --environment can set it',
    );
  }
  refuse(byMode, 'deployment.mode', 'it chose this file, so set it in another source');
  if (environment === 'production') {
    refuse(
      dotenv,
      'environment',
      '.env is not read in production, so set it in the environment of the process',
    );
  }
  return [byDefault, byEnvironment, byMode, local, dotenv, ...outside];
}

/** Takes a setting out of a source that must not have it. */
function refuse(layer: Layer, path: string, reason: string): void {
  const misplaced = (written: WrittenSetting) => written.setting.path === path;
  layer.problems.push(
    ...layer.settings
      .filter(misplaced)
      .map(({ writtenAs }) => `${writtenAs} cannot be set there: ${reason}.`),
  );
  layer.settings = layer.settings.filter((written) => !misplaced(written));
}

/** In production a missing file would silently open what it closes (reflection, public metrics). */
function environmentFile(directory: string, environment: string): Layer {
  const layer = readTomlLayer(directory, environment);
  if (layer || environment !== 'production') return layer ?? none();
  return {
    settings: [],
    problems: [
      'config/production.toml is missing: it carries the defaults of production, so ship it with the product.',
    ],
  };
}

function toml(directory: string, name: string): Layer {
  return readTomlLayer(directory, name) ?? none();
}

function none(): Layer {
  return { settings: [], problems: [] };
}

/** The value that the strongest of these layers gives, if it is a valid one. */
function chosen(path: string, layers: readonly Layer[]): string | undefined {
  const written = layers.flatMap(({ settings }) => settings).findLast(({ setting }) => setting.path === path);
  if (!written) return undefined;
  const value = valueOf(written);
  return problemOf(written, value) === undefined ? String(value) : undefined;
}
