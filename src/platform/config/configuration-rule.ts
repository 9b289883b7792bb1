import type { ArcanaConfig } from './arcana-config.js';

/** The name of a key in the form the operator wrote it, or its environment name when nobody did. */
export type NameOf = (path: string) => string;

/** What several settings must be together. */
export interface Rule {
  /** The settings it compares; a rule about one that is already known to be wrong would only add noise. */
  about: readonly string[];
  problem(config: ArcanaConfig, name: NameOf): string | undefined;
}
