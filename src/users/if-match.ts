import { AppError } from '../platform/errors/index.js';

const LIST = /^\s*(W\/)?"[^"]*"\s*(,\s*(W\/)?"[^"]*"\s*)*$/;
const ENTITY_TAG = /(W\/)?"([^"]*)"/g;
const VERSION = /^[1-9]\d{0,9}$/;

/** The entity tag of a version: strong, because If-Match compares strongly. Source: RFC 9110, sections 8.8.3 and 13.1.1. */
export const entityTag = (version: number): string => `"${version}"`;

/**
 * The versions that an If-Match header names; undefined when there is no header, or `*`. A weak tag and one that is no
 * version of ours match nothing.
 * @throws VALIDATION_FAILED when the header is no list of entity tags
 */
export function versionsOf(ifMatch: string | undefined): number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (ifMatch.length > 1024 || !LIST.test(ifMatch)) {
    const message = 'If-Match must be * or a list of entity tags such as "3"';
    throw new AppError('VALIDATION_FAILED', {
      fields: [{ field: 'If-Match', code: 'IS_ENTITY_TAG', message }],
    });
  }
  return [...ifMatch.matchAll(ENTITY_TAG)]
    .filter(([, weak, tag]) => weak === undefined && VERSION.test(tag!))
    .map(([, , tag]) => Number(tag));
}
