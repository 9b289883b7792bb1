import { Injectable } from '@nestjs/common';
import { Remote } from '../platform/deployment/index.js';
import { KeySet, PublicKey } from './dto/key-set.dto.js';
import { SigningKeys } from './signing-keys.js';

/** The public keys with which others check access tokens. */
@Injectable()
export class KeySetService {
  constructor(private readonly keys: SigningKeys) {}

  /** All whose tokens are accepted, the one that is to sign last in time first; none where a secret signs. */
  @Remote({ args: [], result: KeySet, idempotent: true })
  list(): Promise<KeySet> {
    const keys = this.keys.published().map((jwk) => Object.assign(new PublicKey(), jwk));
    return Promise.resolve(Object.assign(new KeySet(), { keys }));
  }
}
