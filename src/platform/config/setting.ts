import 'reflect-metadata';
import { ValidateNested } from 'class-validator';
import type { SettingOptions, SettingValue } from './setting-options.js';
import { applyRules } from './setting-rules.js';

/** One setting of the flattened schema. */
export interface SettingEntry {
  /** Dotted, as on the command line and in TOML: `server.rest.port`. */
  path: string;
  /** As in the environment: `ARCANA_SERVER__REST__PORT`. */
  env: string;
  options: SettingOptions;
  /** The class that declares it, and the property there: what a single value is validated against. */
  section: SectionClass;
  name: string;
  /** The value a fresh instance of the schema carries; undefined for an optional setting. */
  default: SettingValue;
}

export type SectionClass = new () => object;

const declared = new WeakMap<object, Map<string, SettingOptions | SectionClass>>();

/** Declares one setting of a section. It carries its class-validator rules; the default is the property's initialiser. */
export function Setting(options: SettingOptions): PropertyDecorator {
  return (prototype, property) => {
    membersOf(prototype).set(String(property), options);
    for (const rule of applyRules(options)) rule(prototype, property);
  };
}

/** Declares a nested section, initialised with a fresh instance of its class. */
export function Section(section: SectionClass): PropertyDecorator {
  return (prototype, property) => {
    membersOf(prototype).set(String(property), section);
    ValidateNested()(prototype, property);
  };
}

/** Every setting of a schema class, sections flattened, in the order of declaration. */
export function settingsOf(schema: SectionClass, prefix: readonly string[] = []): SettingEntry[] {
  const defaults = new schema() as Record<string, SettingValue>;
  return [...membersOf(schema.prototype as object)].flatMap(([name, member]) => {
    const keys = [...prefix, name];
    if (typeof member === 'function') return settingsOf(member, keys);
    return [
      {
        path: keys.join('.'),
        env: environmentName(keys),
        options: member,
        section: schema,
        name,
        default: defaults[name],
      },
    ];
  });
}

function environmentName(keys: readonly string[]): string {
  return `ARCANA_${keys.join('__').toUpperCase()}`;
}

function membersOf(prototype: object): Map<string, SettingOptions | SectionClass> {
  const members = declared.get(prototype) ?? new Map<string, SettingOptions | SectionClass>();
  declared.set(prototype, members);
  return members;
}
