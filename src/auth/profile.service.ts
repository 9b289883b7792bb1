import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../platform/cache/index.js';
import { Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { currentPrincipal } from '../platform/security/index.js';
import { User, UserRepository } from '../users/index.js';

const MAX_PROFILES = 10_000;
/** Of their JSON. */
const MAX_BYTES = 33_554_432;

/** What a caller may know of itself. */
@Injectable()
export class ProfileService {
  /**
   * Accounts by id and revision. The guard has just learnt the revision from where the session's life is known, and an
   * account is read after that: what lies here under a revision is never older than it.
   */
  readonly #known = new BoundedMap<Readonly<User>>(MAX_PROFILES, MAX_BYTES);

  constructor(private readonly users: UserRepository) {}

  /** The caller's own account. @throws UNAUTHORIZED when it is gone */
  @Remote({ args: [], result: User, idempotent: true })
  async me(): Promise<User> {
    const { id, revision } = currentPrincipal();
    const key = revision === undefined ? undefined : `${id}:${revision}`;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known) return known;
    const user = await this.users.find(id);
    if (!user) throw new AppError('UNAUTHORIZED');
    if (key !== undefined) this.#known.set(key, Object.freeze(user), Buffer.byteLength(JSON.stringify(user)));
    return user;
  }
}
