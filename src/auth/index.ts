/**
 * Auth: signing up, in and out, sessions, and what a token is worth. It answers platform's question who is calling.
 */
export { authFeature } from './auth.feature.js';
export { AuthService } from './auth.service.js';
export { TokenService } from './token.service.js';
export { BootstrapService } from './bootstrap.service.js';
export type { FirstSignIn } from './bootstrap.service.js';
