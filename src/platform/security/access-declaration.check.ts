import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { accessPolicyOf } from './access.js';

/** Metadata keys by which Nest knows a REST route, and an rpc or message handler. */
const HANDLER_KEYS = ['path', 'microservices:pattern'];

/** Refuses to boot with a route or rpc that does not say who may call it. */
@Injectable()
export class AccessDeclarationCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (!instance || !metatype) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as object;
        const isHandler = HANDLER_KEYS.some((key) => Reflect.hasMetadata(key, handler));
        if (isHandler && !accessPolicyOf(handler)) {
          throw new Error(
            `${metatype.name}.${name} does not say who may call it: add @Public(), @Authenticated(), @RequirePermission(...) or @SelfOr(...).`,
          );
        }
      }
    }
  }
}
