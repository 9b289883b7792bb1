import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { within } from '../time-limit/index.js';
import { translateDatabaseError } from './database-error.js';

/**
 * The only way adapters reach the database. One repository method is one call of {@link Database.transaction} or
 * {@link Database.read}: no transaction is ever held open across a port.
 */
@Injectable()
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction, bounded by the caller's deadline.
   * @throws SERVICE_UNAVAILABLE when the database cannot be reached or the pool stays full, TIMEOUT when the time is
   *   up, CONFLICT on a deadlock; whatever `work` throws otherwise, with constraint names kept in the driver's error.
   */
  async transaction<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const remaining = RequestContext.current()?.remainingMs();
    try {
      return await this.dataSource.transaction(async (tx) => {
        if (remaining !== undefined) {
          // Not a bind parameter: SET takes none. The value is a number of our own making.
          await tx.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.floor(remaining))}`);
        }
        return work(tx);
      });
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** Runs one reading statement (or several that need no common snapshot) outside a transaction. Errors as above. */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const remaining = RequestContext.current()?.remainingMs();
    const reading = work(this.dataSource.manager);
    try {
      if (remaining === undefined) return await reading;
      // The statement itself is bounded by the pool's statement_timeout; the caller is answered when its own time is up.
      return await within(reading, remaining, () => {
        throw new AppError('TIMEOUT');
      });
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
