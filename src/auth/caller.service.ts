import { Injectable } from '@nestjs/common';
import { Principal } from '../platform/context/index.js';
import { Remote } from '../platform/deployment/index.js';
import { PrincipalResolver } from '../platform/security/index.js';
import { isMarkedApiKey } from './api-key.format.js';
import { ApiKeyService } from './api-key.service.js';
import { TokenService } from './token.service.js';

/** Who is calling: whoever knows of the kind of credential that was sent is asked. */
@Injectable()
export class CallerService extends PrincipalResolver {
  constructor(
    private readonly tokens: TokenService,
    private readonly keys: ApiKeyService,
  ) {
    super();
  }

  /** @throws UNAUTHORIZED, TOKEN_EXPIRED, SERVICE_UNAVAILABLE: see {@link PrincipalResolver.resolve} */
  // Not async: every request passes here, and another promise around the answer would tell nothing.
  @Remote({ args: [String], result: Principal, idempotent: true })
  resolve(credential: string): Promise<Principal> {
    return isMarkedApiKey(credential) ? this.keys.resolve(credential) : this.tokens.resolve(credential);
  }

  /** @throws UNAUTHORIZED, TOKEN_EXPIRED, SERVICE_UNAVAILABLE: see {@link PrincipalResolver.renew} */
  @Remote({ args: [Principal], result: Principal, idempotent: true })
  renew(caller: Principal): Promise<Principal> {
    return caller.via === 'api_key' ? this.keys.renew(caller) : this.tokens.renew(caller);
  }
}
