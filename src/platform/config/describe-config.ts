import type { ArcanaConfig } from './arcana-config.js';
import { valueAt } from './config-value.js';
import { SETTINGS } from './known-settings.js';
import type { ConfigSources } from './load-config.js';
import type { SettingValue } from './setting-options.js';

const HIDDEN = '********';

/**
 * The effective configuration for the print-out at start: one line per setting, `key = value (source)`.
 *
 * Secrets are hidden, and so are passwords inside URLs, and e-mail addresses of people, for this goes to the log; an optional setting that nobody set reads `unset`.
 */
export function describeConfig(config: ArcanaConfig, sources: ConfigSources): string[] {
  return SETTINGS.map(({ path, options }) => {
    const value = valueAt(config, path);
    const isHidden = options.secret === true || options.type === 'email';
    const shown = value !== undefined && isHidden ? HIDDEN : displayed(value, options.type === 'url');
    return `${path} = ${shown} (${sources.get(path) ?? 'default'})`;
  });
}

function displayed(value: SettingValue, isUrl: boolean): string {
  if (value === undefined) return 'unset';
  if (isUrl) return withoutPassword(String(value));
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** A URL that can be printed: no password, and no parameter that drivers read one from. */
export function withoutPassword(text: string): string {
  // user:password@host parses too, with the user as its scheme.
  if (!URL.canParse(text) || !text.includes('://')) return HIDDEN;
  const url = new URL(text);
  if (url.password) url.password = HIDDEN;
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|secret|token|key|auth/i.test(name)) url.searchParams.set(name, HIDDEN);
  }
  return url.href;
}
