import { Injectable } from '@nestjs/common';
import argon2 from 'argon2';
import { randomBytes } from 'node:crypto';
import { clientKey } from '../platform/client-address/index.js';
import { ArcanaConfig, type Argon2Settings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { ConcurrencyGate, type Place } from './concurrency-gate.js';
import { normalizePassword } from './password-policy.js';

/** For every hash that runs, as many may wait: a few seconds' work at the default cost. */
const WAITING_PER_RUNNING = 16;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** What a check of a password may say of itself. */
export interface PasswordCheck {
  /** Whoever asks is likely the owner, and need not wait behind strangers. */
  readonly isPreferred?: boolean;
  /** Called when its turn has come, before anything is computed; what it throws is thrown on. */
  begin?(): Promise<void>;
}

/**
 * Argon2id on libuv's threads, so that the event loop stays free. How many run at once is capped, and so is the memory
 * that a flood of sign-ins can take.
 */
@Injectable()
export class PasswordHasher {
  readonly #settings: Argon2Settings;
  readonly #gate: ConcurrencyGate;
  /** Nobody's hash: checking a password against it costs what checking against a real one costs. */
  readonly #nobody: string;

  constructor(config: ArcanaConfig) {
    this.#settings = config.security.argon2;
    const { memory_kib, time_cost, parallelism, max_concurrent } = this.#settings;
    this.#gate = new ConcurrencyGate(max_concurrent, max_concurrent * WAITING_PER_RUNNING);
    const [salt, hash] = [unpadded(randomBytes(SALT_BYTES)), unpadded(randomBytes(HASH_BYTES))];
    this.#nobody = `$argon2id$v=19$m=${memory_kib},t=${time_cost},p=${parallelism}$${salt}$${hash}`;
  }

  /** PHC string with parameters and salt. @throws SERVICE_UNAVAILABLE when too many wait */
  hash(password: string): Promise<string> {
    const { memory_kib, time_cost, parallelism } = this.#settings;
    return this.#gate.run(
      () =>
        argon2.hash(normalizePassword(password), {
          type: argon2.argon2id,
          memoryCost: memory_kib,
          timeCost: time_cost,
          parallelism,
          hashLength: HASH_BYTES,
        }),
      ownPlace(),
    );
  }

  /** Whether `password` belongs to `hash`; without a hash the same work is done and the answer is no. */
  verify(hash: string | null, password: string, check: PasswordCheck = {}): Promise<boolean> {
    const against = hash ?? this.#nobody;
    return this.#gate.run(async () => {
      await check.begin?.();
      return argon2.verify(against, normalizePassword(password));
    }, ownPlace(check.isPreferred));
  }

  /** Whether `hash` was made with other parameters than today's. */
  isOutdated(hash: string): boolean {
    const { memory_kib, time_cost, parallelism } = this.#settings;
    return argon2.needsRehash(hash, { memoryCost: memory_kib, timeCost: time_cost, parallelism });
  }
}

/** By address; who is signed in already is no stranger. */
function ownPlace(isPreferred = false): Place {
  const context = RequestContext.current();
  return { share: clientKey(context?.ip), isPreferred: isPreferred || context?.principal !== undefined };
}
