/**
 * Coordination: what several processes agree on. `Lock` (one at a time, with a fence) and `PubSub` (tell everybody who
 * listens now), each with an adapter on Redis and one on PostgreSQL; `CoordinationModule` picks.
 *
 * Neither carries state: a lock can be lost while it is held, and a message can be missed. Both say so when it happens.
 */
export { Lock } from './lock.js';
export type { LockOptions, WithLockOptions } from './lock.js';
export type { Lease } from './lease.js';
export { PubSub } from './pubsub.js';
export type { PubSubHandler, Subscription, SubscriptionEvents } from './pubsub.js';
export { MAX_MESSAGE_BYTES } from './message.js';
export { Coordination, openCoordination } from './coordination.js';
export { CoordinationModule } from './coordination.module.js';
