import type { ServerOptions } from '@grpc/grpc-js';
import type { GrpcSettings } from '../config/index.js';

const MINUTE_MS = 60_000;

/** Bytes of metadata per call; the usual bound of HTTP servers, and enough for a token and tracing. */
export const MAX_METADATA_BYTES = 16_384;

/**
 * What grpc-js is told about sizes, streams and the life of connections. Its channelz stays on although nobody asks it:
 * without that bookkeeping, `forceShutdown` of grpc-js 1.14 closes no connection.
 */
export function channelOptions(settings: GrpcSettings): ServerOptions {
  return {
    'grpc.max_receive_message_length': settings.max_message_bytes,
    'grpc.max_send_message_length': settings.max_message_bytes,
    'grpc.max_concurrent_streams': settings.max_concurrent_streams,
    // A peer that vanished without a word (cable, NAT) is found out and its streams are ended.
    'grpc.keepalive_time_ms': MINUTE_MS,
    'grpc.keepalive_timeout_ms': 20_000,
    // Connections are renewed, so that clients behind a balancer of connections find new replicas.
    'grpc.max_connection_age_ms': 30 * MINUTE_MS,
    'grpc.max_connection_age_grace_ms': 5 * MINUTE_MS,
  };
}
