import type { MethodDefinition } from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import type { PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import type { Root } from 'protobufjs';
import { messageCodec } from './codec.js';
import { fileDescriptors } from './file-descriptors.js';
import { loadProtoRoot, protoDirectory, protoFiles } from './proto-root.js';

/** What stands in for the bytes of a message: the plain object that handlers receive and return. */
type Plain = object;
type Method = MethodDefinition<Plain, Plain>;

/**
 * The services of the product as grpc-js and Nest take them, with a codec that makes gRPC speak the same plain objects
 * as REST: snake_case names, RFC 3339 times, contract words for enums, absent fields left out.
 *
 * Its descriptors are the original ones, so that reflection shows what `proto/` says.
 *
 * @param files import paths below `directory`; all by default
 * @throws Error when a .proto file cannot be read or uses a type that has no plain form
 */
export function loadPackageDefinition(
  files: string[] = protoFiles(),
  directory: string = protoDirectory(),
): PackageDefinition {
  const definition = protoLoader.loadSync(files, { keepCase: true, includeDirs: [directory] });
  const root = loadProtoRoot(files, directory);
  const fileDescriptorProtos = fileDescriptors(root, directory);
  for (const entry of Object.values(definition)) {
    if ('format' in entry) entry.fileDescriptorProtos = fileDescriptorProtos;
    else useCodec(entry, root, fileDescriptorProtos);
  }
  return definition;
}

function useCodec(service: ServiceDefinition, root: Root, fileDescriptorProtos: Buffer[]): void {
  for (const method of Object.values(service)) {
    const [serviceName, methodName] = method.path.slice(1).split('/') as [string, string];
    const { resolvedRequestType, resolvedResponseType } =
      root.lookupService(serviceName).methods[methodName]!;
    const request = messageCodec(resolvedRequestType!);
    const response = messageCodec(resolvedResponseType!);
    const wired: Pick<
      Method,
      'requestSerialize' | 'requestDeserialize' | 'responseSerialize' | 'responseDeserialize'
    > = {
      requestSerialize: request.encode,
      requestDeserialize: request.decode,
      responseSerialize: response.encode,
      responseDeserialize: response.decode,
    };
    Object.assign(method, wired);
    method.requestType.fileDescriptorProtos = fileDescriptorProtos;
    method.responseType.fileDescriptorProtos = fileDescriptorProtos;
  }
}
