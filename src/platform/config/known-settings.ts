import { ArcanaConfig } from './arcana-config.js';
import { type SettingEntry, settingsOf } from './setting.js';

/** Every setting there is, in the order of the schema. */
export const SETTINGS: readonly SettingEntry[] = settingsOf(ArcanaConfig);

/** Other environment names of a setting. One underscore is what people write, and what the mode was promised under. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'deployment.mode': ['ARCANA_DEPLOYMENT_MODE'],
};

const byPath = new Map(SETTINGS.map((setting) => [setting.path, setting]));
const byEnv = new Map(
  SETTINGS.flatMap((setting) =>
    [setting.env, ...(ALIASES[setting.path] ?? [])].map((name) => [name, setting] as const),
  ),
);
const sections = new Set(
  SETTINGS.flatMap(({ path }) => {
    const keys = path.split('.').slice(0, -1);
    return keys.map((_, index) => keys.slice(0, index + 1).join('.'));
  }),
);

export function settingAt(path: string): SettingEntry | undefined {
  return byPath.get(path);
}

export function settingOfVariable(name: string): SettingEntry | undefined {
  return byEnv.get(name);
}

export function isSection(path: string): boolean {
  return sections.has(path);
}

/** " Did you mean ...?" for an unknown dotted key, or nothing when no known one is near. */
export function hintForPath(path: string): string {
  return hint(path, [...byPath.keys(), ...sections]);
}

/** The same for an environment variable; a single underscore between section and key is the usual slip. */
export function hintForVariable(name: string): string {
  const suffix = name.endsWith('_FILE') ? '_FILE' : '';
  return hint(
    name,
    [...byEnv.keys()].map((known) => known + suffix),
    (text) => text.replace(/_+/g, '_'),
  );
}

/** Longer names are not slips of the keyboard, and comparing them would only cost time. */
const MAX_COMPARED_LENGTH = 120;

function hint(name: string, known: readonly string[], normalise = (text: string) => text): string {
  if (name.length > MAX_COMPARED_LENGTH) return '';
  const compared = normalise(name.toLowerCase());
  let nearest = { distance: Math.max(2, Math.floor(name.length / 4)) + 1, name: '' };
  for (const candidate of known) {
    const distance = editDistance(compared, normalise(candidate.toLowerCase()));
    if (distance < nearest.distance) nearest = { distance, name: candidate };
  }
  return nearest.name ? ` Did you mean ${nearest.name}?` : '';
}

/** Levenshtein: insertions, deletions and replacements that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const replace = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
