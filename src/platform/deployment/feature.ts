import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { AbstractClass } from './remote.js';

/** A port and the adapter that answers for it where the real thing lives. */
export interface PortBinding<T extends object = object> {
  readonly port: AbstractClass<T>;
  readonly adapter: Type<T>;
  /** TypeORM entities that the adapter needs registered. */
  readonly entities?: readonly Type[];
}

/** A feature, declared once; each role of a process is built from it. */
export interface Feature {
  /** Folder name. */
  readonly name: string;
  /** REST and gRPC controllers. */
  readonly controllers: readonly Type[];
  /** Rules: injectable classes that are their own token, every public method marked @Remote. */
  readonly services: readonly Type[];
  readonly repositories: readonly PortBinding[];
  /** Handlers of this feature's jobs. */
  readonly jobs: readonly Type[];
  /** Ports of platform rooms that a service or repository here answers for: `{ port: PrincipalResolver, by: TokenService }`. */
  readonly answers: readonly { readonly port: AbstractClass; readonly by: AbstractClass }[];
  /** What is needed in every role that has the services: pure helpers, boot tasks. */
  readonly providers: readonly Provider[];
  /** Modules of libraries that the controllers need. */
  readonly imports: readonly (DynamicModule | Type)[];
}

type FeatureDeclaration = Pick<Feature, 'name'> & Partial<Omit<Feature, 'name'>>;

/** Declares a feature. The only thing that app/features.ts lists. */
export function defineFeature(declaration: FeatureDeclaration): Feature {
  return {
    controllers: [],
    services: [],
    repositories: [],
    jobs: [],
    answers: [],
    providers: [],
    imports: [],
    ...declaration,
  };
}
