import { Injectable, Logger } from '@nestjs/common';
import { ArcanaConfig, type ApiKeySettings } from '../platform/config/index.js';
import { Principal } from '../platform/context/index.js';
import { effects, newId } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { carried, currentPrincipal } from '../platform/security/index.js';
import { isSameHash, mintApiKey, parseApiKey } from './api-key.format.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { EXPIRY_GIVEN_TWICE, EXPIRY_OUT_OF_RANGE, SCOPE_ABOVE_OWN } from './auth.errors.js';
import {
  ApiKey,
  ApiKeyPage,
  CreateApiKey,
  CreatedApiKey,
  ListApiKeysQuery,
  MAX_SIZE,
} from './dto/api-key.dto.js';
import type { LiveApiKey } from './dto/live-api-key.dto.js';

const DAY_MS = 86_400_000;

/** The rules of API keys: how an account comes by one, what it is worth at a call, and how it ends. */
@Injectable()
export class ApiKeyService {
  readonly #logger = new Logger('ApiKeys');
  readonly #settings: ApiKeySettings;
  /** Keys whose use is being noted: hundreds of calls at once need one note. */
  readonly #noting = new Set<string>();

  constructor(
    private readonly keys: ApiKeyRepository,
    config: ArcanaConfig,
  ) {
    this.#settings = config.security.api_keys;
  }

  /**
   * Makes a key of the caller. Its secret is in the answer and nowhere else.
   * @throws SCOPE_ABOVE_OWN (FORBIDDEN); EXPIRY_GIVEN_TWICE, EXPIRY_OUT_OF_RANGE (VALIDATION_FAILED); API_KEY_LIMIT
   *   (CONFLICT)
   */
  @Remote({ args: [CreateApiKey], result: CreatedApiKey })
  async create(request: CreateApiKey): Promise<CreatedApiKey> {
    const { id: user_id, roles } = currentPrincipal();
    const { name, scopes } = request;
    if (carried(scopes, roles).length < scopes.length) throw SCOPE_ABOVE_OWN.error();
    const expires_at = this.#expiry(request);
    const id = newId();
    const { key, prefix, hash } = mintApiKey(id);
    const stored = await this.keys.create(
      {
        id,
        user_id,
        name,
        prefix,
        secret_hash: hash,
        scopes,
        expires_at,
        max_keys: this.#settings.max_per_account,
      },
      effects().audited('API_KEY_CREATED', {
        target: user_id,
        details: { key_id: id, name, scopes, expires_at },
      }),
    );
    return Object.assign(new CreatedApiKey(), { key }, stored);
  }

  /** One page of the caller's keys, the youngest first. */
  @Remote({ args: [ListApiKeysQuery], result: ApiKeyPage, idempotent: true })
  async list(query: ListApiKeysQuery): Promise<ApiKeyPage> {
    return this.keys.list(currentPrincipal().id, query);
  }

  /** One of the caller's keys. @throws NOT_FOUND also when it is another's */
  @Remote({ args: [String], result: ApiKey, idempotent: true })
  async get(id: string): Promise<ApiKey> {
    const key = await this.keys.find(currentPrincipal().id, id);
    if (!key) throw new AppError('NOT_FOUND');
    return key;
  }

  /** Revokes one of the caller's keys; the next call with it is refused in every process. @throws NOT_FOUND as above */
  @Remote({ args: [String], result: Nothing })
  async revoke(id: string): Promise<void> {
    const key = await this.get(id);
    if (!(await this.#revoke(currentPrincipal().id, key, 'owner'))) throw new AppError('NOT_FOUND');
  }

  /**
   * Revokes the keys that an account had when it was deleted: if it is restored some day, they do not come back with it.
   * @param deletedAt keys made later belong to the restored account
   */
  @Remote({ args: [String, Date], result: Nothing, idempotent: true })
  async revokeAllOf(userId: string, deletedAt: Date): Promise<void> {
    for (const key of await this.#allOf(userId)) {
      if (key.created_at <= deletedAt) await this.#revoke(userId, key, 'account_deleted');
    }
  }

  /**
   * What a key is worth at this moment. Its owner is asked for as well: what the owner's role does not carry now, the
   * key may not.
   * @throws UNAUTHORIZED when it is none of ours, was revoked, or its owner may not sign in; TOKEN_EXPIRED;
   *   SERVICE_UNAVAILABLE when that cannot be told now
   */
  @Remote({ args: [String], result: Principal, idempotent: true })
  async resolve(credential: string): Promise<Principal> {
    const named = parseApiKey(credential);
    if (!named) throw new AppError('UNAUTHORIZED');
    const key = await this.keys.findLive(named.id);
    if (!key || !isSameHash(key.secret_hash, named.hash)) throw new AppError('UNAUTHORIZED');
    return this.#holderOf(key);
  }

  /** @throws UNAUTHORIZED, TOKEN_EXPIRED, SERVICE_UNAVAILABLE: see `PrincipalResolver.renew` */
  @Remote({ args: [Principal], result: Principal, idempotent: true })
  async renew({ id, key_id }: Principal): Promise<Principal> {
    const key = key_id === undefined ? null : await this.keys.findLive(key_id);
    if (key?.user_id !== id) throw new AppError('UNAUTHORIZED');
    return this.#holderOf(key);
  }

  async #holderOf(key: LiveApiKey): Promise<Principal> {
    if (key.has_expired) throw new AppError('TOKEN_EXPIRED');
    if (key.is_use_due) await this.#noteUse(key);
    return Object.assign(new Principal(), {
      id: key.user_id,
      roles: [key.role],
      via: 'api_key' as const,
      key_id: key.id,
      scopes: carried(key.scopes, [key.role]),
    });
  }

  /** A call is not refused because the time of it could not be noted. */
  async #noteUse({ id }: LiveApiKey): Promise<void> {
    if (this.#noting.has(id)) return;
    this.#noting.add(id);
    try {
      await this.keys.recordUse(id);
    } catch (error) {
      this.#logger.warn(`The use of an API key is not noted: ${(error as Error).message}`);
    } finally {
      this.#noting.delete(id);
    }
  }

  async #allOf(userId: string): Promise<ApiKey[]> {
    const all: ApiKey[] = [];
    for (let page = 0; ; page++) {
      const query = Object.assign(new ListApiKeysQuery(), { page, size: MAX_SIZE });
      const { data, total } = await this.keys.list(userId, query);
      all.push(...data);
      if (data.length === 0 || all.length >= total) return all;
    }
  }

  #revoke(userId: string, { id, name, scopes }: ApiKey, by: string): Promise<boolean> {
    const details = { key_id: id, name, scopes, by };
    return this.keys.delete(userId, id, effects().audited('API_KEY_REVOKED', { target: userId, details }));
  }

  /** Null: never. */
  #expiry({ expires_at, expires_in_days }: CreateApiKey): Date | null {
    if (expires_at !== undefined && expires_in_days !== undefined) throw EXPIRY_GIVEN_TWICE.error();
    const now = Date.now();
    const days = this.#settings.max_lifetime_days;
    const latest = days === 0 ? null : new Date(now + days * DAY_MS);
    const asked = expires_in_days === undefined ? expires_at : new Date(now + expires_in_days * DAY_MS);
    if (asked === undefined) return latest;
    if (asked.getTime() <= now || (latest && asked > latest)) throw EXPIRY_OUT_OF_RANGE.error();
    return asked;
  }
}
