import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DomainEvent } from './domain-event.js';
import { subscribedTypes } from './on-event.js';

interface Subscriber {
  /** `SessionInvalidator.onUserDeleted` */
  readonly name: string;
  readonly handle: (event: DomainEvent) => Promise<void> | void;
}

/** The subscribers of this process, found among its providers. */
@Injectable()
export class EventSubscribers implements OnModuleInit {
  readonly #byType = new Map<string, Subscriber[]>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const seen = new Set<object>();
    for (const provider of this.discovery.getProviders()) {
      const instance = provider.instance as unknown;
      const { metatype } = provider;
      if (!instance || typeof instance !== 'object' || typeof metatype !== 'function') continue;
      if (seen.has(instance)) continue;
      seen.add(instance);
      const prototype = Object.getPrototypeOf(instance) as Record<string, Subscriber['handle']> | null;
      if (!prototype) continue;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        for (const type of subscribedTypes(prototype[method]!)) {
          const handle = (event: DomainEvent) => prototype[method]!.call(instance, event);
          this.#add(type, { name: `${metatype.name}.${method}`, handle });
        }
      }
    }
  }

  of(type: string): readonly Subscriber[] {
    return this.#byType.get(type) ?? [];
  }

  #add(type: string, subscriber: Subscriber): void {
    const others = this.#byType.get(type);
    if (others) others.push(subscriber);
    else this.#byType.set(type, [subscriber]);
  }
}
