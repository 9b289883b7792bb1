/**
 * Cache: copies of answers whose truth lies elsewhere, for seconds. The port never decides anything: what it does not
 * know, or cannot tell, is asked where it is true, and a copy that an act made worthless is never given again. On Redis,
 * where one is configured, else in the memory of the process.
 */
export { Cache, MAX_TAGGED_TTL_MS } from './cache.js';
export type { CacheAnswer, CacheEntry, CacheLease } from './cache.js';
export { CacheModule } from './cache.module.js';
export { BoundedMap } from './bounded-map.js';
