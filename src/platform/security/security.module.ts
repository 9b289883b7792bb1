import { Global, Module } from '@nestjs/common';
import { AccessCuts } from './access-cuts.js';

/** Makes `AccessCuts` injectable in every role. Needs `CacheModule`. */
@Global()
@Module({ providers: [AccessCuts], exports: [AccessCuts] })
export class SecurityModule {}
