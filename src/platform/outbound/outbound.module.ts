import { Global, Module } from '@nestjs/common';
import { OutboundClient } from './outbound-client.js';

/** Makes `OutboundClient` injectable. Needs ArcanaConfig and CircuitBreakers from global modules. */
@Global()
@Module({ providers: [OutboundClient], exports: [OutboundClient] })
export class OutboundModule {}
