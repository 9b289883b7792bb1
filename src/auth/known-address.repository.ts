import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import { KnownAddress } from './dto/known-address.dto.js';

/** Port: the addresses that accounts signed in from. An address is that by which a caller is counted (`clientKey`). */
@RemotePort<KnownAddressRepository>({
  find: { args: [String, String, Number], result: nullable(KnownAddress), idempotent: true },
  remember: { args: [String, String, Number], result: Nothing, idempotent: true },
})
export abstract class KnownAddressRepository {
  /**
   * Whether the account with this e-mail address signed in from `address` in the last `days`. The same work is done for
   * an e-mail address that nobody has.
   */
  abstract find(email: string, address: string, days: number): Promise<KnownAddress | null>;

  /** Notes a sign-in. Of an account's addresses the last 32 of the last `days` are kept. */
  abstract remember(userId: string, address: string, days: number): Promise<void>;
}
