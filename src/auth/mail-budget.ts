import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { ArcanaConfig } from '../platform/config/index.js';
import { RateLimiter, type RateLimitPolicy } from '../platform/resilience/index.js';
import { emailKey } from '../users/index.js';

/** What a stranger can have mailed to an address. */
type Wish = 'password_reset' | 'registration_attempt';

const MAILS = 5;
const WINDOW_SECONDS = 1_800;

/**
 * How many mails may be caused for one address by whoever knows it. Counted by what was typed, before anything is looked
 * up, so that it tells nothing of who has an account.
 */
@Injectable()
export class MailBudget {
  readonly #enabled: boolean;

  constructor(
    private readonly limiter: RateLimiter,
    config: ArcanaConfig,
  ) {
    this.#enabled = config.rate_limit.enabled;
  }

  /** Whether one more is within the budget; if so, it is spent. */
  async allows(wish: Wish, email: string): Promise<boolean> {
    if (!this.#enabled) return true;
    const policy: RateLimitPolicy = { name: `mail.${wish}`, limit: MAILS, windowSeconds: WINDOW_SECONDS };
    // Addresses are nothing to keep in the clear where counters are.
    const key = createHash('sha256').update(emailKey(email)).digest('hex');
    return (await this.limiter.consume(key, policy)).allowed;
  }
}
