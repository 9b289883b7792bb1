/**
 * Redis: the only owner of clients. Rooms that need Redis ask `RedisClients` for one by purpose and never open their
 * own; without `redis.url` there is no `RedisClients` (null is injected) and each room falls back to PostgreSQL or
 * memory.
 */
export type { Redis } from 'ioredis';
export { RedisClients, openRedis } from './redis-clients.js';
export type { RedisConnectionSettings } from './redis-clients.js';
export { checkRedisDurability } from './redis-durability.js';
export { RedisModule } from './redis.module.js';
export { RedisScript } from './redis-script.js';
export { translateRedisError } from './redis-error.js';
