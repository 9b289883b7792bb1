import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { clientKey } from '../platform/client-address/index.js';
import { ArcanaConfig, type SignInThrottleSettings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { AttemptLimiter, type AttemptBudget } from '../platform/resilience/index.js';
import { emailKey } from '../users/index.js';
import { KnownAddressRepository } from './known-address.repository.js';
import { SignInAttempt, tooManyFailures } from './sign-in-attempt.js';

/** An address that is known is noted anew when this much time has passed since. */
const REMEMBER_ANEW_SECS = 86_400;

/**
 * Limits how often passwords may be wrong, without giving strangers a way to keep an owner out (ASVS 5.0, 6.1.1, 6.3.1).
 *
 * From an address that the account has signed in from, only the failures of that account at that address count. From any
 * other, two more budgets do: one of the address, for those who try many accounts, and one of the account, for those who
 * try one account from many addresses. Accounts that do not exist are counted alike.
 *
 * A success makes the budget of that account at that address whole and no other: whoever has an account of his own would
 * otherwise renew his right to guess at the rest.
 */
@Injectable()
export class SignInThrottle {
  readonly #settings: SignInThrottleSettings;

  constructor(
    private readonly limiter: AttemptLimiter,
    private readonly known: KnownAddressRepository,
    config: ArcanaConfig,
  ) {
    this.#settings = config.security.sign_in_throttle;
  }

  /**
   * Asks whether a password for this account may be tried by the caller in hand. A refusal has cost no hash and no write.
   * @throws TOO_MANY_REQUESTS
   */
  async admit(email: string): Promise<SignInAttempt> {
    const address = clientKey(RequestContext.current()?.ip);
    const [here, ...elsewhere] = this.#budgets(accountKey(email), address) as [
      AttemptBudget,
      ...AttemptBudget[],
    ];
    const budgets = [here, ...elsewhere];
    const decisions = this.#settings.enabled ? await this.limiter.look(budgets) : [];
    const spent = decisions.findIndex(({ state }) => state === 'spent');
    const refusal =
      spent < 0 ? undefined : tooManyFailures(budgets[spent]!, decisions[spent]!.retryAfterSeconds);
    if (spent === 0) throw refusal!;
    const known = await this.known.find(email, address, this.#settings.known_address_days);
    if (refusal && !known) throw refusal;
    return new SignInAttempt(
      this.limiter,
      this.#settings.enabled ? (known ? [here] : budgets) : [],
      known !== null,
      async (userId) => {
        if (known && known.seen_secs_ago < REMEMBER_ANEW_SECS) return;
        await this.known.remember(userId, address, this.#settings.known_address_days);
      },
    );
  }

  /** Forgets the failures that were counted for an account, from wherever they came. */
  async forgive(email: string): Promise<void> {
    await this.limiter.forgive(accountKey(email), this.#settings.window_secs);
  }

  /**
   * Its owner has just proved to read the account's mail: what was counted for it is forgotten, and the address the owner
   * calls from is known from now on. So the way back in is open to the owner, and to the owner alone, also from a new
   * place while strangers try the account.
   */
  async welcome(userId: string, email: string): Promise<void> {
    await this.forgive(email);
    const address = clientKey(RequestContext.current()?.ip);
    await this.known.remember(userId, address, this.#settings.known_address_days);
  }

  /** The account at this address first; then those that do not count where the account is known. */
  #budgets(account: string, address: string): AttemptBudget[] {
    const settings = this.#settings;
    const windowSeconds = settings.window_secs;
    return [
      {
        key: `${account}:${address}`,
        limit: settings.failures_per_account_and_address,
        windowSeconds,
        group: account,
        isClearedBySuccess: true,
      },
      { key: `address:${address}`, limit: settings.failures_per_address, windowSeconds },
      { key: `account:${account}`, limit: settings.failures_per_account, windowSeconds, group: account },
    ];
  }
}

/** Of an account that may not exist. A hash: people type passwords where an address is asked for. */
const accountKey = (email: string): string =>
  createHash('sha256').update(emailKey(email)).digest('base64url').slice(0, 22);
