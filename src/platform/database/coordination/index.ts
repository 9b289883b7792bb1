/**
 * What PostgreSQL offers for coordination between processes: notifications and session locks, each on a connection
 * of its own beside the pool. The ports built on them are in platform/coordination.
 */
export { AdvisoryLocks } from './advisory-locks.js';
export type { HeldLock } from './advisory-locks.js';
export { PostgresListener } from './postgres-listener.js';
export type { ChannelHandler, Listening } from './postgres-listener.js';
export type { SessionSettings } from './session.js';
