import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import protobuf from 'protobufjs';
import type { Root } from 'protobufjs';
import { projectRoot } from '../config/index.js';

/** Directory that imports in .proto files are relative to. */
export const protoDirectory = (): string => join(projectRoot(), 'proto');

/** Every .proto file of the product as an import path (`arcana/auth/v1/auth.proto`), sorted. */
export function protoFiles(directory: string = protoDirectory()): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.proto'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/**
 * Reads .proto files into one protobufjs root. Field names stay as written, because they are the names of DTOs too;
 * Google's well-known files come out of protobufjs itself.
 */
export function loadProtoRoot(files: string[] = protoFiles(), directory: string = protoDirectory()): Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => {
    if (target.startsWith(directory)) return target;
    return protobuf.common.get(target) === null ? join(directory, target) : target;
  };
  root.loadSync(
    files.map((file) => join(directory, file)),
    { keepCase: true },
  );
  return root.resolveAll() as Root;
}
