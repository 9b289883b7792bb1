/**
 * Time limits: not waiting longer than one can, in one function. Knows nothing else of the product, so every other room
 * may use it.
 */
export { within } from './within.js';
