import 'reflect-metadata';
import type { WireType } from './wire-type.js';

const REMOTE_METHODS = Symbol('arcana:remote-methods');

/** How a method is called across a link. */
export interface RemoteMethod {
  /** What the receiving side validates, one per parameter. */
  readonly args: readonly WireType[];
  readonly result: WireType;
  /** Whether a call that got no answer may be repeated. */
  readonly idempotent?: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any signature is meant here
type AsyncMethod = (...args: any[]) => Promise<unknown>;
type MethodNames<T> = { [K in keyof T]: T[K] extends AsyncMethod ? K : never }[keyof T] & string;

/** One entry for every method of a port: forgetting one does not compile. */
export type RemoteContract<T> = Readonly<Record<MethodNames<T>, RemoteMethod>>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- constructors of any shape
export type AbstractClass<T = object> = abstract new (...args: any[]) => T;

function declare(prototype: object, name: string, method: RemoteMethod): void {
  const own = (Reflect.getOwnMetadata(REMOTE_METHODS, prototype) ?? {}) as Record<string, RemoteMethod>;
  Reflect.defineMetadata(REMOTE_METHODS, { ...own, [name]: method }, prototype);
}

/** Marks one method of a service as callable from another process. */
export function Remote(method: RemoteMethod): MethodDecorator {
  return (prototype, name) => declare(prototype, String(name), method);
}

/**
 * Marks every method of a port. TypeScript takes no decorators on abstract methods, so a port declares them in one
 * place, checked for completeness by the compiler.
 */
export function RemotePort<T>(contract: RemoteContract<T>) {
  return (port: AbstractClass<T>): void => {
    for (const [name, method] of Object.entries<RemoteMethod>(contract)) {
      declare(port.prototype as object, name, method);
    }
  };
}

/** The remote methods of a service or port, inherited ones included. */
export function remoteMethods(target: AbstractClass): ReadonlyMap<string, RemoteMethod> {
  const found = new Map<string, RemoteMethod>();
  for (
    let prototype = target.prototype as object | null;
    prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    const own = (Reflect.getOwnMetadata(REMOTE_METHODS, prototype) ?? {}) as Record<string, RemoteMethod>;
    for (const [name, method] of Object.entries(own)) if (!found.has(name)) found.set(name, method);
  }
  return found;
}

/** Called by Nest itself, never by a feature. */
export const LIFECYCLE_HOOKS: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/**
 * Refuses an exposed class with a method that could be called directly but not across a link. What is not meant for
 * callers is a `#private` method or a function of the module.
 * @throws Error naming the method and the fix.
 */
export function assertFullyRemote(target: AbstractClass): void {
  const marked = remoteMethods(target);
  if (marked.size === 0) {
    throw new Error(
      `${target.name} crosses layers but declares no @Remote method: mark its methods with @Remote.`,
    );
  }
  for (const name of Object.getOwnPropertyNames(target.prototype)) {
    if (name === 'constructor' || LIFECYCLE_HOOKS.has(name) || marked.has(name)) continue;
    throw new Error(
      `${target.name}.${name} is public but not marked: add @Remote({ args, result }) or make it a #private method.`,
    );
  }
}
