import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Registry } from 'prom-client';
import { MetricsController } from './metrics.controller.js';
import { SigningKeyMetrics } from './signing-key-metrics.js';

/** Makes the process's registry injectable and, where asked to, serves it beside the API. */
@Global()
@Module({})
export class ObservabilityModule {
  static forRoot(options: { registry: Registry; serveMetrics: boolean }): DynamicModule {
    return {
      module: ObservabilityModule,
      controllers: options.serveMetrics ? [MetricsController] : [],
      providers: [{ provide: Registry, useValue: options.registry }, SigningKeyMetrics],
      exports: [Registry, SigningKeyMetrics],
    };
  }
}
