/**
 * gRPC: the public listener and everything that knows about protobuf. It speaks the same plain objects as REST, so that
 * controllers, DTOs and validation are shared: nothing outside this room imports `@grpc/*` or protobufjs.
 */
export { ArcanaGrpcServer } from './grpc-server.js';
export type { ArcanaGrpcServerOptions } from './grpc-server.js';
export type { CallObserver } from './call-scope.js';
export { GrpcHealth } from './grpc-health.js';
export type { HealthStatusSource } from './grpc-health.js';
export { toGrpcStatus } from './grpc-status.js';
export type { GrpcStatus } from './grpc-status.js';
export { loadPackageDefinition } from './package-definition.js';
export { protoDirectory, protoFiles } from './proto-root.js';
