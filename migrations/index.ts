import { Effects1790000000001 } from './1790000000001-effects.js';
import { Coordination1790000000010 } from './1790000000010-coordination.js';
import { Plugins1790000000030 } from './1790000000030-plugins.js';

/** Every step, oldest first. Append only: a step that has run anywhere is never edited. */
export const MIGRATIONS = [Effects1790000000001, Coordination1790000000010, Plugins1790000000030];
