import type { ArcanaConfig } from './arcana-config.js';
import type { SettingValue } from './setting-options.js';

type Members = Record<string, unknown>;

/** The value under a dotted key of the schema. */
export function valueAt(config: ArcanaConfig, path: string): SettingValue {
  const [section, name] = locate(config, path);
  return section[name] as SettingValue;
}

/** Only for keys of the schema: nothing is created on the way. */
export function setValueAt(config: ArcanaConfig, path: string, value: unknown): void {
  const [section, name] = locate(config, path);
  section[name] = value;
}

function locate(config: ArcanaConfig, path: string): [Members, string] {
  const keys = path.split('.');
  const name = keys.pop() ?? '';
  let section = config as unknown as Members;
  for (const key of keys) section = section[key] as Members;
  return [section, name];
}
