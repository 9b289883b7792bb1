import 'reflect-metadata';
import type { DomainEvent } from './domain-event.js';
import type { EventDefinition } from './event-definition.js';

const SUBSCRIBES = Symbol('arcana:on-event');

type Subscriber<T extends object> = (event: DomainEvent<T>) => Promise<void> | void;

/**
 * Calls the method with every event of the type, after the change that caused it is committed. An event may come more
 * than once; while the method fails, it comes again and later events of its subject wait.
 *
 * The method belongs to a provider class of its own, not to a service.
 */
export function OnEvent<T extends object>(definition: EventDefinition<T>) {
  return (
    prototype: object,
    _name: string | symbol,
    method: TypedPropertyDescriptor<Subscriber<T>>,
  ): void => {
    const types = (Reflect.getOwnMetadata(SUBSCRIBES, method.value!) ?? []) as string[];
    Reflect.defineMetadata(SUBSCRIBES, [...types, definition.type], method.value!);
  };
}

/** Types of event that a method subscribes to. */
export const subscribedTypes = (method: object): string[] =>
  (Reflect.getOwnMetadata(SUBSCRIBES, method) ?? []) as string[];
