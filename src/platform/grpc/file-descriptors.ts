import { relative, sep } from 'node:path';
import protobuf from 'protobufjs';
import type { NamespaceBase, ReflectionObject, Root, Service, Type } from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';
import type {
  IDescriptorProto,
  IEnumDescriptorProto,
  IServiceDescriptorProto,
} from 'protobufjs/ext/descriptor.js';

/** What protobufjs adds to its classes once ext/descriptor is loaded. */
interface Describable {
  toDescriptor(edition: string): unknown;
}

interface GoogleNamespace {
  google: { nested: { protobuf: { nested: Record<string, unknown> } } };
}

interface FileDraft {
  package: string;
  messageType: IDescriptorProto[];
  enumType: IEnumDescriptorProto[];
  service: IServiceDescriptorProto[];
  dependencies: Set<string>;
}

/**
 * The FileDescriptorProto of every file in the root, one per .proto file, under its own import path.
 *
 * Neither @grpc/proto-loader nor protobufjs can make these: they merge files of one package, leave out the imports and
 * write type names relative to nowhere, so that clients in other languages (grpcurl, Python) refuse what reflection
 * tells them.
 *
 * @param directory where the product's import paths begin
 * @returns encoded descriptors, each after the files that it imports
 */
export function fileDescriptors(root: Root, directory: string): Buffer[] {
  const drafts = new Map<string, FileDraft>();
  collect(root, (object) => {
    const file = importPath(object, directory);
    const draft = drafts.get(file) ?? newDraft(object);
    drafts.set(file, draft);
    add(object, draft, (other) => {
      const imported = importPath(topLevel(other), directory);
      if (imported !== file) draft.dependencies.add(imported);
    });
  });
  return inImportOrder(drafts).map(([name, draft]) => encode(name, draft));
}

const newDraft = (object: ReflectionObject): FileDraft => ({
  package: object.parent!.fullName.slice(1),
  messageType: [],
  enumType: [],
  service: [],
  dependencies: new Set(),
});

/** Visits the messages, enums and services that stand in a package, not those inside other messages. */
function collect(namespace: NamespaceBase, visit: (object: ReflectionObject) => void): void {
  for (const object of namespace.nestedArray) {
    if (
      object instanceof protobuf.Type ||
      object instanceof protobuf.Enum ||
      object instanceof protobuf.Service
    ) {
      visit(object);
    } else if (object instanceof protobuf.Namespace) {
      collect(object, visit);
    }
  }
}

function topLevel(object: ReflectionObject): ReflectionObject {
  return object.parent instanceof protobuf.Type ? topLevel(object.parent) : object;
}

/** Our objects know the path they were read from; Google's come out of protobufjs and know nothing. */
function importPath(object: ReflectionObject, directory: string): string {
  return typeof object.filename === 'string'
    ? relative(directory, object.filename).split(sep).join('/')
    : googleFileOf(object);
}

function googleFileOf(object: ReflectionObject): string {
  for (const [file, { nested }] of Object.entries(protobuf.common) as [
    string,
    { nested?: GoogleNamespace },
  ][]) {
    if (file.startsWith('google/protobuf/') && nested?.google.nested.protobuf.nested[object.name])
      return file;
  }
  throw new Error(`The file that ${object.fullName} comes from is not known.`);
}

function add(object: ReflectionObject, draft: FileDraft, uses: (type: ReflectionObject) => void): void {
  const made = (object as unknown as Describable).toDescriptor('proto3');
  if (object instanceof protobuf.Type) {
    draft.messageType.push(qualifyMessage(made as IDescriptorProto, object, uses));
  } else if (object instanceof protobuf.Enum) {
    draft.enumType.push(made as IEnumDescriptorProto);
  } else {
    draft.service.push(qualifyService(made as IServiceDescriptorProto, object as Service, uses));
  }
}

/** Gives each field the full name of its type; protobufjs wrote one that is relative to the field's own package. */
function qualifyMessage(
  message: IDescriptorProto,
  type: Type,
  uses: (type: ReflectionObject) => void,
): IDescriptorProto {
  for (const field of message.field ?? []) {
    const source = type.fieldsById[field.number!]!;
    if (source.resolvedType !== null) uses(source.resolvedType);
    if (source instanceof protobuf.MapField) {
      const entry = message.nestedType!.find(({ name }) => name === field.typeName)!;
      entry.name = mapEntryName(field.name!);
      field.typeName = `${type.fullName}.${entry.name}`;
      const value = entry.field!.find(({ name }) => name === 'value')!;
      if (source.resolvedType !== null) value.typeName = source.resolvedType.fullName;
    } else if (source.resolvedType !== null) {
      field.typeName = source.resolvedType.fullName;
    }
  }
  realOneofsFirst(message);
  for (const nested of message.nestedType ?? []) {
    const inner = type.nested?.[nested.name!];
    if (inner instanceof protobuf.Type) qualifyMessage(nested, inner, uses);
  }
  return message;
}

/** `optional` fields stand in oneofs of their own, and those must follow the ones that the .proto file declares. */
function realOneofsFirst(message: IDescriptorProto): void {
  const declared = message.oneofDecl ?? [];
  const made = new Set<number>();
  for (const { proto3Optional, oneofIndex } of message.field ?? []) if (proto3Optional) made.add(oneofIndex!);
  const order = [...declared.keys()].sort((a, b) => Number(made.has(a)) - Number(made.has(b)));
  message.oneofDecl = order.map((index) => declared[index]!);
  for (const field of message.field ?? []) {
    if (Object.hasOwn(field, 'oneofIndex')) field.oneofIndex = order.indexOf(field.oneofIndex!);
  }
}

/** `my_field` -> `MyFieldEntry`: the one name that other implementations accept for the message behind a map field. */
const mapEntryName = (field: string): string =>
  `${field.replace(/(?:^|_)([a-zA-Z0-9])/g, (_match, first: string) => first.toUpperCase())}Entry`;

function qualifyService(
  service: IServiceDescriptorProto,
  source: Service,
  uses: (type: ReflectionObject) => void,
): IServiceDescriptorProto {
  for (const method of service.method ?? []) {
    const { resolvedRequestType, resolvedResponseType } = source.methods[method.name!]!;
    method.inputType = resolvedRequestType!.fullName;
    method.outputType = resolvedResponseType!.fullName;
    uses(resolvedRequestType!);
    uses(resolvedResponseType!);
  }
  return service;
}

/** A receiver that adds file by file needs the imported ones first. */
function inImportOrder(drafts: Map<string, FileDraft>): [string, FileDraft][] {
  const ordered = new Map<string, FileDraft>();
  const place = (name: string): void => {
    const draft = drafts.get(name)!;
    if (ordered.has(name)) return;
    for (const imported of [...draft.dependencies].sort()) place(imported);
    ordered.set(name, draft);
  };
  for (const name of [...drafts.keys()].sort()) place(name);
  return [...ordered];
}

function encode(name: string, { dependencies, ...draft }: FileDraft): Buffer {
  const file = { ...draft, name, dependency: [...dependencies].sort(), syntax: 'proto3' };
  const { FileDescriptorProto } = descriptor;
  return Buffer.from(FileDescriptorProto.encode(FileDescriptorProto.fromObject(file)).finish());
}
