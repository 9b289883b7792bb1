import type { EventDeclaration } from '../database/index.js';

export interface EventOptions<T extends object> {
  /** Wire name, past tense: `auth.user_registered`. */
  readonly type: string;
  /** Version of the data's shape. */
  readonly version: number;
  /** Class of the data. Ids and facts, never tokens or passwords: events leave the process. */
  readonly schema: new () => T;
  /** What the event is about (`user:<id>`): events of one subject are delivered in order. */
  readonly subject: (data: T) => string;
}

/** One type of event. Made by {@link defineEvent}, used to write events and to subscribe to them. */
export interface EventDefinition<T extends object> extends EventDeclaration<T> {
  readonly schema: new () => T;
}

const TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;

const known = new Set<string>();

/**
 * Declares a type of event, once, beside its data class.
 * @throws Error in one sentence when an option is bad or the type is declared twice: at import, so at boot.
 */
export function defineEvent<T extends object>({
  type,
  version,
  schema,
  subject,
}: EventOptions<T>): EventDefinition<T> {
  if (typeof type !== 'string' || !TYPE.test(type)) {
    throw new Error(`The event type ${JSON.stringify(type)} must be named like auth.user_registered.`);
  }
  if (!Number.isInteger(version) || version < 1) {
    throw new Error(`The event type ${type} needs a whole version of at least 1.`);
  }
  if (known.has(type)) throw new Error(`The event type ${type} is declared twice: rename one.`);
  const definition: EventDefinition<T> = Object.freeze({ type, version, schema, subject });
  known.add(type);
  return definition;
}
