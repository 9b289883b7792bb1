/**
 * Events: declared event types, subscribers, and the relay that carries what was written with a change, events and
 * jobs, to where it belongs.
 */
export { defineEvent } from './event-definition.js';
export type { EventDefinition, EventOptions } from './event-definition.js';
export type { DomainEvent } from './domain-event.js';
export { EVENTS_TOPIC } from './event-delivery.js';
export { EventsModule } from './events.module.js';
export { OnEvent } from './on-event.js';
export { OutboxRelay } from './outbox-relay.js';
