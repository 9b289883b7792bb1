/**
 * The context of the work in hand: request id, trace, deadline, caller. Carried by AsyncLocalStorage, so that no
 * method needs a parameter for it.
 */
export { RequestContext } from './request-context.js';
export type { Protocol, RequestContextInit } from './request-context.js';
export { Principal } from './principal.js';
export { newTrace, randomHex, traceparent } from './trace.js';
export type { Trace } from './trace.js';
export { acceptRequestId } from './request-id.js';
