import { Nothing, RemotePort } from '../platform/deployment/index.js';

/** Port: what health asks of the store. */
@RemotePort<HealthRepository>({
  ping: { args: [], result: Nothing, idempotent: true },
  hasPendingMigrations: { args: [], result: Boolean, idempotent: true },
})
export abstract class HealthRepository {
  /** Whether the database answers. @throws SERVICE_UNAVAILABLE when it does not. */
  abstract ping(): Promise<void>;

  /** Whether the schema is older than this release. */
  abstract hasPendingMigrations(): Promise<boolean>;
}
