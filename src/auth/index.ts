/**
 * Auth: signing up, in and out, sessions, and what a token is worth. It answers platform's question who is calling.
 */
export { authFeature } from './auth.feature.js';
export { BootstrapService } from './bootstrap.service.js';
