import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';

let sdk: NodeSDK | undefined;

/**
 * Starts tracing of HTTP, gRPC and SQL to an OTLP collector. Spans wait in a bounded buffer and are dropped when the
 * collector is slow or gone: requests never wait for it.
 * @param endpoint base URL of the collector's OTLP/HTTP receiver; `/v1/traces` is added
 */
export function startTelemetry(endpoint: string, serviceName: string): void {
  sdk = new NodeSDK({
    serviceName,
    traceExporter: new OTLPTraceExporter({
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
      timeoutMillis: 5_000,
    }),
    // Metrics are scraped and logs go to standard output: the collector gets traces alone.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => /^\/(health|metrics)/.test(url ?? ''),
      }),
      new GrpcInstrumentation({ ignoreGrpcMethods: ['Check', 'Watch'] }),
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
}

/** Sends what is buffered, for at most `timeoutMs`. */
export async function stopTelemetry(timeoutMs: number): Promise<void> {
  if (!sdk) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  // A collector that is gone must not keep the process from ending.
  await Promise.race([sdk.shutdown().catch(() => undefined), limit]);
  clearTimeout(timer);
}
