import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Database } from './database.js';
import { EffectsWriter } from './effects/effects-writer.js';
import { OutboxStore } from './effects/outbox-store.js';

/** Makes an open data source available to adapters. The composition root opens it first and closes it last. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(dataSource: DataSource): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [{ provide: DataSource, useValue: dataSource }, Database, EffectsWriter, OutboxStore],
      exports: [DataSource, Database, EffectsWriter, OutboxStore],
    };
  }
}
