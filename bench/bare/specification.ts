import type { EnhancerName } from './enhancers.ts';

/** What a bare REST server is told: the object it answers as JSON to `GET path`. */
export interface RestSpecification {
  path: string;
  answer: Record<string, unknown>;
  enhancers?: EnhancerName[];
}

/** What a bare gRPC server is told: the message it answers, encoded. */
export interface GrpcSpecification {
  answer_base64: string;
  enhancers?: EnhancerName[];
}
