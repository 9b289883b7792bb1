import { AppError } from '../errors/index.js';
import { outgoingContext, type AnswerEnvelope, type CallEnvelope } from './envelope.js';
import type { Exposer } from './exposer.js';
import { LIFECYCLE_HOOKS, remoteMethods, type AbstractClass, type RemoteMethod } from './remote.js';
import { decode } from './wire-type.js';

/** Carries calls to the process that has the real thing. */
export abstract class Link {
  /** Takes one call as JSON and answers as JSON. */
  protected abstract send(call: string, idempotent: boolean): Promise<string>;

  /** Calls `target.method(...args)` on the other side. @throws the AppError that the other side threw. */
  async call(target: string, method: string, declared: RemoteMethod, args: unknown[]): Promise<unknown> {
    const envelope: CallEnvelope = { target, method, args, context: outgoingContext() };
    const answer = JSON.parse(
      await this.send(JSON.stringify(envelope), declared.idempotent ?? false),
    ) as AnswerEnvelope;
    if ('error' in answer) throw AppError.fromWire(answer.error);
    return decode(declared.result, answer.result);
  }
}

/**
 * A link from a process to itself: every call is serialised, validated and rebuilt as it would be between two
 * processes. Used to prove that a feature survives being split.
 */
export class LoopbackLink extends Link {
  constructor(private readonly exposer: Exposer) {
    super();
  }

  protected override send(call: string): Promise<string> {
    return this.exposer.handle(call);
  }
}

/**
 * An object of the same class whose remote methods call across `link`. Whoever holds it cannot tell it from the real
 * one; lifecycle hooks and unmarked methods of the class do not run on this side.
 */
export function standIn<T extends object>(target: AbstractClass<T>, link: Link): T {
  const instance = Object.create(target.prototype as object) as Record<string, unknown>;
  for (const hook of LIFECYCLE_HOOKS) Object.defineProperty(instance, hook, { value: undefined });
  for (const [name, declared] of remoteMethods(target)) {
    Object.defineProperty(instance, name, {
      value: (...args: unknown[]) => link.call(target.name, name, declared, args),
    });
  }
  return instance as T;
}
