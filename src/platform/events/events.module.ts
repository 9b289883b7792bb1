import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventDelivery } from './event-delivery.js';
import { EventSubscribers } from './event-subscribers.js';
import { OutboxMetrics } from './outbox-metrics.js';
import { OutboxRelay } from './outbox-relay.js';

/**
 * Subscribers and the outbox relay of a process. Needs, from global modules: ArcanaConfig, DatabaseModule,
 * CoordinationModule, QueueModule and prom-client's Registry. The composition root calls `OutboxRelay.start()` when the process is ready and
 * `OutboxRelay.stop()` before the workers stop.
 */
@Global()
@Module({})
export class EventsModule {
  static forRoot(): DynamicModule {
    return {
      module: EventsModule,
      imports: [DiscoveryModule],
      providers: [EventSubscribers, EventDelivery, OutboxMetrics, OutboxRelay],
      exports: [OutboxRelay],
    };
  }
}
