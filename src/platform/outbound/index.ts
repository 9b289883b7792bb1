/**
 * Outbound: calls to URLs that come from configuration or from users, which must never reach what only we can reach.
 * Schemes, ports and addresses are checked, no redirect is followed, size and time are bounded, and a dependency that
 * fails is left alone for a while.
 */
export { OutboundClient } from './outbound-client.js';
export type { OutboundAnswer, OutboundRequest } from './outbound-client.js';
export { OutboundError } from './outbound.error.js';
export type { OutboundProblem } from './outbound.error.js';
export { OutboundModule } from './outbound.module.js';
