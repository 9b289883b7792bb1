import { resolve } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { fileDescriptors } from './file-descriptors.js';
import { GrpcHealth } from './grpc-health.js';
import { loadProtoRoot, protoFiles } from './proto-root.js';

/**
 * Serves reflection v1 and v1alpha over the original descriptors.
 * @param services full names of the product's services that this server really has
 */
export function addReflection(
  server: Server,
  definition: PackageDefinition,
  services: readonly string[],
): void {
  const directory = resolve(GrpcHealth.protoFile, '../../..');
  const health = fileDescriptors(loadProtoRoot(protoFiles(directory), directory), directory);
  const product = Object.values(definition).flatMap((entry) =>
    'format' in entry ? (entry as MessageTypeDefinition<object, object>).fileDescriptorProtos : [],
  );
  // The service reads nothing of a package definition but these.
  const files = { files: { fileDescriptorProtos: [...new Set(product), ...health] } };
  new ReflectionService(files as unknown as PackageDefinition, {
    services: [...services, GrpcHealth.service],
  }).addToServer(server);
}
