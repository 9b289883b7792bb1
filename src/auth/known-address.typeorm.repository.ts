import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/index.js';
import { emailKey } from '../users/index.js';
import { KnownAddress } from './dto/known-address.dto.js';
import { KnownAddressRepository } from './known-address.repository.js';

/** Addresses kept of one account: more than people have, few enough that nobody fills the table by moving about. */
const MAX_PER_ACCOUNT = 32;

/** Known addresses in PostgreSQL. */
@Injectable()
export class TypeOrmKnownAddressRepository extends KnownAddressRepository {
  constructor(private readonly database: Database) {
    super();
  }

  // `users` is read here, across the border of the features: the account is found by its e-mail address in the same
  // question, so that an address nobody has costs what every other costs.
  async find(email: string, address: string, days: number): Promise<KnownAddress | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<KnownAddress[]>(
        `SELECT greatest(0, floor(extract(epoch FROM now() - k.last_seen_at)))::integer AS seen_secs_ago
         FROM users u JOIN known_addresses k ON k.user_id = u.id
         WHERE lower(u.email COLLATE "C") = $1 AND k.address = $2
           AND k.last_seen_at > now() - $3 * interval '1 day'`,
        [emailKey(email), address, days],
      ),
    );
    return row ? Object.assign(new KnownAddress(), row) : null;
  }

  async remember(userId: string, address: string, days: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO known_addresses (user_id, address) VALUES ($1, $2)
         ON CONFLICT (user_id, address) DO UPDATE SET last_seen_at = now()`,
        [userId, address],
      );
      // What another sign-in holds at this moment is left to it.
      await tx.query(
        `DELETE FROM known_addresses WHERE user_id = $1 AND address IN (
           SELECT address FROM known_addresses
           WHERE user_id = $1 AND address <> $2 AND (last_seen_at <= now() - $3 * interval '1 day' OR address NOT IN (
             SELECT address FROM known_addresses WHERE user_id = $1 ORDER BY last_seen_at DESC LIMIT ${MAX_PER_ACCOUNT}))
           FOR UPDATE SKIP LOCKED)`,
        [userId, address, days],
      );
    });
  }
}
