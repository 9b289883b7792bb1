import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts } from '../platform/security/index.js';
import { assertCovers, CredentialsRepository, UserRepository } from '../users/index.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** The rules of lifting a lock-out. */
@Injectable()
export class AccountUnlockService {
  readonly #unverifiedBecomes: 'active' | 'pending_verification';

  constructor(
    private readonly users: UserRepository,
    private readonly credentials: CredentialsRepository,
    private readonly throttle: SignInThrottle,
    private readonly cuts: AccessCuts,
    config: ArcanaConfig,
  ) {
    this.#unverifiedBecomes = config.security.allow_unverified_sign_in ? 'active' : 'pending_verification';
  }

  /**
   * Lets an account sign in again: the failures that were counted for it are forgotten, and a locked one is active; where
   * an address must be verified before signing in and is not, it is still to be. Other statuses stay as they are.
   * @throws NOT_FOUND; SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN)
   */
  @Remote({ args: [String], result: Nothing, idempotent: true })
  async unlock(id: string): Promise<void> {
    const user = await this.users.find(id);
    if (!user) throw new AppError('NOT_FOUND');
    assertCovers(user.role);
    const wasLocked = await this.credentials.unlock(
      id,
      this.#unverifiedBecomes,
      effects().audited('USER_UNLOCKED', { target: id, details: { before: { status: user.status } } }),
    );
    if (wasLocked) await this.cuts.ofUser(id);
    await this.throttle.forgive(user.email);
  }
}
