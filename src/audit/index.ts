/**
 * Audit: the log of every security-relevant act, for reading. Each feature writes its own entries, as effects in the
 * transaction of the act; nothing changes or deletes one.
 */
export { auditFeature } from './audit.feature.js';
