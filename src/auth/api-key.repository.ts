import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import { ApiKey, ApiKeyPage, ListApiKeysQuery, NewApiKey } from './dto/api-key.dto.js';
import { LiveApiKey } from './dto/live-api-key.dto.js';

/** Port: API keys. A key that was revoked is not found. */
@RemotePort<ApiKeyRepository>({
  create: { args: [NewApiKey, Effects], result: ApiKey },
  list: { args: [String, ListApiKeysQuery], result: ApiKeyPage, idempotent: true },
  find: { args: [String, String], result: nullable(ApiKey), idempotent: true },
  delete: { args: [String, String, Effects], result: Boolean },
  findLive: { args: [String], result: nullable(LiveApiKey), idempotent: true },
  recordUse: { args: [String], result: Nothing, idempotent: true },
})
export abstract class ApiKeyRepository {
  /**
   * Stores a key and its effects in one transaction. Keys that have expired make room, those that did so first before
   * the others. @throws API_KEY_LIMIT (CONFLICT) when the account has `max_keys` living ones, also when many are made at
   * once; UNAUTHORIZED when its owner may not sign in any more
   */
  abstract create(key: NewApiKey, effects: Effects): Promise<ApiKey>;

  /** One page of the account's keys, the youngest first, expired ones included. */
  abstract list(userId: string, query: ListApiKeysQuery): Promise<ApiKeyPage>;

  /** The key with this id, if it is this account's. */
  abstract find(userId: string, id: string): Promise<ApiKey | null>;

  /** Revokes a key of this account. @returns whether it was there; if not, no effects are written */
  abstract delete(userId: string, id: string, effects: Effects): Promise<boolean>;

  /** The key with this id if, at this moment, its owner may sign in. Always asked, never remembered. */
  abstract findLive(id: string): Promise<LiveApiKey | null>;

  /** Notes that a key is in use, if that was not noted within the last minute. */
  abstract recordUse(id: string): Promise<void>;
}
