/**
 * Time limits: not waiting longer than one can, for one piece of work or for many alike. Knows nothing else of the
 * product, so every other room may use it.
 */
export { Deadlines, Expiring } from './deadlines.js';
export { within } from './within.js';
