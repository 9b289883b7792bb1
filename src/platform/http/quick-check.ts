import type { Type } from '@nestjs/common';
import {
  getMetadataStorage,
  ValidationTypes,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';

type Condition = (object: object, value: unknown) => boolean;

interface Check {
  readonly constraint: ValidatorConstraintInterface;
  readonly parameters: unknown[];
}

/** What one member must be. */
interface Rule {
  readonly property: string;
  /** All must hold for the checks to count; `@IsOptional` is one. */
  readonly conditions: readonly Condition[];
  readonly checks: readonly Check[];
}

type Rules = ReadonlyMap<string, Rule>;

const known = new WeakMap<Type<object>, Rules | null>();

/**
 * Whether class-validator would find nothing wrong with an instance whose class has simple rules only: no groups, nothing
 * nested, nothing asynchronous. It runs the same constraints; what it leaves out is the account of what is broken, which
 * class-validator prepares for every member of every request before it knows whether anything is.
 *
 * @returns false when something is broken or cannot be told here: then class-validator has to say
 */
export function isValidAtOnce(type: Type<object>, instance: object): boolean {
  const rules = rulesOf(type);
  if (!rules) return false;
  for (const property of Object.keys(instance)) if (!rules.has(property)) return false;
  for (const rule of rules.values()) if (!holds(rule, instance, type)) return false;
  return true;
}

function holds({ property, conditions, checks }: Rule, object: object, type: Type<object>): boolean {
  const value = (object as Record<string, unknown>)[property];
  if (!conditions.every((condition) => condition(object, value))) return true;
  for (const { constraint, parameters } of checks) {
    const details: ValidationArguments = {
      targetName: type.name,
      property,
      object,
      value,
      constraints: parameters,
    };
    if (constraint.validate(value, details) !== true) return false;
  }
  return true;
}

function rulesOf(type: Type<object>): Rules | null {
  let rules = known.get(type);
  if (rules === undefined) known.set(type, (rules = readRules(type)));
  return rules;
}

/** Null when the class has a rule that is not simple. */
function readRules(type: Type<object>): Rules | null {
  const storage = getMetadataStorage();
  const rules = new Map<string, { property: string; conditions: Condition[]; checks: Check[] }>();
  for (const declared of storage.getTargetValidationMetadatas(type, '', false, false)) {
    const { propertyName: property, constraints } = declared;
    // The type says that there always are groups; options without any leave them undefined.
    const groups = declared.groups as unknown[] | undefined;
    if (declared.each || groups?.length || declared.validateIf) return null;
    const rule = rules.get(property) ?? { property, conditions: [], checks: [] };
    rules.set(property, rule);
    if (declared.type === ValidationTypes.CONDITIONAL_VALIDATION) {
      rule.conditions.push(constraints[0] as Condition);
    } else if (declared.type === ValidationTypes.CUSTOM_VALIDATION) {
      for (const { async, instance } of storage.getTargetValidatorConstraints(declared.constraintCls)) {
        if (async) return null;
        rule.checks.push({ constraint: instance, parameters: constraints });
      }
    } else if (declared.type !== ValidationTypes.WHITELIST) return null;
  }
  return rules;
}
