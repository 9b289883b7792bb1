import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';
import type { Json } from './rest-client.js';

/** An operation of the API document, with where it is. */
export interface DocumentedOperation {
  /** Upper case. */
  method: string;
  /** With parameters in braces. */
  path: string;
  operation: Json;
}

/** The committed openapi.json. */
export const committedDocument = (): Json =>
  JSON.parse(readFileSync(join(projectRoot(), 'openapi.json'), 'utf8'));

export const operationsOf = (document: {
  paths: Record<string, Record<string, Json>>;
}): DocumentedOperation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation: operation,
    })),
  );
