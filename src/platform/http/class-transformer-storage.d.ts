/** Where class-transformer keeps what was declared; Nest's own packages read it there, too. */
declare module 'class-transformer/cjs/storage.js' {
  type ByClass = ReadonlyMap<unknown, unknown>;
  export const defaultMetadataStorage: {
    readonly _typeMetadatas: ByClass;
    readonly _transformMetadatas: ByClass;
    readonly _exposeMetadatas: ByClass;
    readonly _excludeMetadatas: ByClass;
  };
}
