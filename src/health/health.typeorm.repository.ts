import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Database } from '../platform/database/index.js';
import { HealthRepository } from './health.repository.js';

/** Asks PostgreSQL itself. */
@Injectable()
export class TypeOrmHealthRepository extends HealthRepository {
  constructor(
    private readonly database: Database,
    private readonly dataSource: DataSource,
  ) {
    super();
  }

  override async ping(): Promise<void> {
    await this.database.read((manager) => manager.query('SELECT 1'));
  }

  override hasPendingMigrations(): Promise<boolean> {
    return this.database.read(() => this.dataSource.showMigrations());
  }
}
