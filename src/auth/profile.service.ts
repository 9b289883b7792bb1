import { Injectable } from '@nestjs/common';
import { Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { currentPrincipal } from '../platform/security/index.js';
import { User, UserRepository } from '../users/index.js';

/** What a caller may know of itself. */
@Injectable()
export class ProfileService {
  constructor(private readonly users: UserRepository) {}

  /** The caller's own account. @throws UNAUTHORIZED when it is gone */
  @Remote({ args: [], result: User, idempotent: true })
  async me(): Promise<User> {
    const user = await this.users.find(currentPrincipal().id);
    if (!user) throw new AppError('UNAUTHORIZED');
    return user;
  }
}
