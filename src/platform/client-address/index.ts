/**
 * Client address: who is calling, as far as the trusted proxies allow to tell, and by what a caller is counted. One
 * answer for REST and gRPC.
 */
export { clientKey } from './client-key.js';
export { TrustedProxies } from './trusted-proxies.js';
