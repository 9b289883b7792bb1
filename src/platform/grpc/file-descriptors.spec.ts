import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import descriptor from 'protobufjs/ext/descriptor.js';
import type { IDescriptorProto, IFileDescriptorProto } from 'protobufjs/ext/descriptor.js';
import { projectRoot } from '../config/index.js';
import { fileDescriptors } from './file-descriptors.js';
import { loadProtoRoot, protoDirectory, protoFiles } from './proto-root.js';

const OPTIONS = { longs: Number, enums: String };

/** What a descriptor says, without what tells a reader nothing: options, source positions and derivable JSON names. */
function essence(file: IFileDescriptorProto): unknown {
  const plain = JSON.parse(JSON.stringify(file)) as IFileDescriptorProto;
  const strip = (message: IDescriptorProto): void => {
    for (const field of message.field ?? []) {
      delete field.jsonName;
      delete field.options;
    }
    if (!message.options?.mapEntry) delete message.options;
    message.nestedType?.forEach(strip);
  };
  plain.messageType?.forEach(strip);
  plain.service?.forEach((service) => service.method?.forEach((method) => delete method.options));
  delete plain.options;
  plain.dependency?.sort();
  return JSON.parse(
    JSON.stringify(plain, (_key, value: unknown) =>
      Array.isArray(value) && !value.length ? undefined : value,
    ),
  );
}

/** Every file that buf, the reference here, finds in a directory of .proto files, by name. */
function builtByBuf(directory: string): Map<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'arcana-descriptors-'));
  try {
    const output = join(folder, 'set.binpb');
    const buf = join(projectRoot(), 'node_modules', '.bin', 'buf');
    execFileSync(buf, ['build', directory, '--exclude-source-info', '-o', output], { cwd: folder });
    const { FileDescriptorSet } = descriptor;
    const set = FileDescriptorSet.toObject(FileDescriptorSet.decode(readFileSync(output)), OPTIONS) as {
      file: IFileDescriptorProto[];
    };
    return new Map(set.file.map((file) => [file.name!, essence(file)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each([
  ['the product', protoDirectory()],
  ['the tests, which have every kind of field', join(projectRoot(), 'test', 'support', 'proto')],
])('the file descriptors of %s', (_name, directory) => {
  const { FileDescriptorProto } = descriptor;
  const files = fileDescriptors(loadProtoRoot(protoFiles(directory), directory), directory).map(
    (bytes) =>
      FileDescriptorProto.toObject(FileDescriptorProto.decode(bytes), OPTIONS) as IFileDescriptorProto,
  );

  it('say what buf says about the same files', () => {
    expect(new Map(files.map((file) => [file.name!, essence(file)]))).toEqual(builtByBuf(directory));
  });

  it('each come after the files that they import', () => {
    const seen = new Set<string>();
    for (const file of files) {
      for (const imported of file.dependency ?? []) expect(seen).toContain(imported);
      seen.add(file.name!);
    }
  });
});
