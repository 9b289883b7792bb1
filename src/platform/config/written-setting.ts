import type { SettingEntry } from './setting.js';

/** One setting as one source gave it, before it is turned into a value. */
export interface WrittenSetting {
  setting: SettingEntry;
  /** What stood there: text from the environment and the command line, a typed value from TOML. */
  raw: unknown;
  /** The key in the form the operator wrote it, for sentences: `ARCANA_SERVER__REST__PORT in .env`. */
  writtenAs: string;
  /** The source, for the print-out at start: `config/default.toml`, `environment`. */
  source: string;
  /** Sources without types: their text is converted to what the setting is. */
  isText: boolean;
  /** The value came out of a file named by `..._FILE`: presumably a secret, so never shown in a sentence. */
  isFromFile: boolean;
}

/** What one source gave, and what was wrong with it. */
export interface Layer {
  settings: WrittenSetting[];
  problems: string[];
}

/** Foreign text in a sentence: one line, no control characters, at most 60 characters. */
export function printable(text: string): string {
  const quoted = JSON.stringify(text).slice(1, -1);
  return quoted.length > 60 ? `${quoted.slice(0, 60)}...` : quoted;
}
