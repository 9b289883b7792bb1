/**
 * Database: the data source, transactions bounded by deadlines, migrations, base columns, and the one writer of
 * effects. TypeORM is known here, in entities and in adapters, nowhere else.
 */
export { newId } from './id.js';
export { Database } from './database.js';
export { DatabaseModule } from './database.module.js';
export { brokenUniqueConstraint, throwReasonOf, translateDatabaseError } from './database-error.js';
export type { DataSource } from 'typeorm';
export { createDataSource, MIGRATIONS_TABLE } from './data-source.js';
export { runMigrations } from './migration-runner.js';
export { poolSizes, StatementLog, StatementTimes } from './statement-log.js';
export { decodePosition, encodePosition } from './list-position.js';
export type { ListPosition } from './list-position.js';
export { VersionedRow } from './versioned-row.js';
export { AuditEffect, effects, Effects, EventEffect, JobEffect } from './effects/effects.js';
export type { EventDeclaration, JobDeclaration, JobEffectOptions } from './effects/effects.js';
export { EffectsWriter } from './effects/effects-writer.js';
export { OUTBOX_CHANNEL, OutboxStore } from './effects/outbox-store.js';
export type { OutboxOutcome, OutboxRow } from './effects/outbox-store.js';
