import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { CATALOGUE, type ErrorCode } from '../errors/index.js';
import { declaredRateLimit } from '../resilience/index.js';
import { accessPolicyOf, rolesWith, type AccessPolicy } from '../security/index.js';
import { ERRORS_EXTENSION, type DocumentedErrorEntry } from './api-docs.decorators.js';
import { ProblemDocument } from './problem.dto.js';
import { keepReferencedSchemas } from './referenced-schemas.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & Record<string, unknown>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
const SHARED: ErrorCode[] = ['INTERNAL_ERROR', 'SERVICE_UNAVAILABLE', 'TIMEOUT'];
/** Where a route says nothing better. */
const SUCCESS: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted.',
  204: 'Done; the answer has no body.',
};

/** `UsersController`, `create` -> `users.create` */
const operationId = (controller: string, method: string): string => {
  const feature = controller.replace(/Controller$/, '');
  return `${feature.charAt(0).toLowerCase()}${feature.slice(1)}.${method}`;
};

/** What a route declares of itself, beside what Swagger reads. */
interface Declared {
  access: AccessPolicy;
  /** Whether its requests count against a rate limit. */
  isCounted: boolean;
}

function declaredById(app: INestApplication): Map<string, Declared> {
  const discovery = app.get(DiscoveryService, { strict: false });
  const scanner = app.get(MetadataScanner, { strict: false });
  const declared = new Map<string, Declared>();
  for (const { instance, metatype } of discovery.getControllers()) {
    if (!instance || !metatype) continue;
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const access = accessPolicyOf(prototype[name]!);
      const isCounted = declaredRateLimit(prototype[name]!, metatype) !== 'skip';
      if (access) declared.set(operationId(metatype.name, name), { access, isCounted });
    }
  }
  return declared;
}

/** Swagger numbers the operations of a controller that answers under several paths: `jobs.list[1]`. */
function declaredOf(operation: Operation, known: Map<string, Declared>): Declared {
  operation.operationId = operation.operationId?.replace(/\[\d+\]$/, '');
  const declared = known.get(operation.operationId ?? '');
  // Never documented as public for want of an answer.
  if (!declared)
    throw new Error(`The API document does not know who may call ${String(operation.operationId)}.`);
  return declared;
}

function describeAccess(operation: Operation, policy: AccessPolicy): void {
  const lines: string[] = [];
  if (policy.kind === 'public') {
    operation.security = [];
    lines.push('**Access:** public.');
  } else if (policy.kind === 'optional') {
    operation.security = [{}, { bearer: [] }];
    lines.push('**Access:** public; an access token, if sent, must be valid.');
  } else {
    operation.security = [{ bearer: [] }];
    if (policy.kind === 'authenticated') {
      lines.push(
        `**Access:** any signed-in account${policy.keys ? ', also with an API key' : ', not with an API key'}.`,
      );
    } else {
      const roles = rolesWith(policy.permission).join(', ');
      const self = policy.selfBy === undefined ? '' : 'the account itself, or ';
      lines.push(`**Access:** ${self}roles ${roles} (permission \`${policy.permission}\`).`);
      operation['x-permission'] = policy.permission;
      operation['x-roles'] = rolesWith(policy.permission);
    }
  }
  operation.description = [operation.description, ...lines].filter(Boolean).join('\n\n');
}

/** Errors that follow from what the operation is. */
function impliedErrors(operation: Operation, { access, isCounted }: Declared): ErrorCode[] {
  const codes = [...SHARED];
  if (isCounted) codes.push('TOO_MANY_REQUESTS');
  if (access.kind !== 'public') codes.push('UNAUTHORIZED', 'TOKEN_EXPIRED');
  if (access.kind === 'permission' || (access.kind !== 'public' && !access.keys)) codes.push('FORBIDDEN');
  if (operation.requestBody) codes.push('MALFORMED_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (operation.requestBody || (operation.parameters?.length ?? 0) > 0) codes.push('VALIDATION_FAILED');
  return codes;
}

function example({ code, reason }: DocumentedErrorEntry, path: string): object {
  const entry = CATALOGUE[code];
  const message = reason?.message ?? entry.message;
  const fields =
    reason ??
    (code === 'VALIDATION_FAILED'
      ? { field: 'name', code: 'IS_STRING', message: 'name must be a string' }
      : undefined);
  return {
    type: `urn:arcana:error:${code}`,
    title: entry.title,
    status: entry.http,
    detail: message,
    instance: path,
    code,
    message,
    timestamp: '2026-01-01T12:00:00.000Z',
    request_id: '0b1f6d6c5b7e4d6a9d0e8b7a6c5d4e3f',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    ...(fields && { errors: [fields] }),
  };
}

function describeErrors(operation: Operation, path: string, declared: Declared): void {
  const stated = (operation[ERRORS_EXTENSION] ?? []) as DocumentedErrorEntry[];
  delete operation[ERRORS_EXTENSION];
  const implied = impliedErrors(operation, declared).map((code): DocumentedErrorEntry => ({ code }));
  const byStatus = new Map<number, DocumentedErrorEntry[]>();
  for (const entry of [...stated, ...implied]) {
    const { http } = CATALOGUE[entry.code];
    const list = byStatus.get(http) ?? [];
    if (!list.some((known) => known.code === entry.code && known.reason?.code === entry.reason?.code))
      list.push(entry);
    byStatus.set(http, list);
  }
  for (const [status, entries] of [...byStatus].sort(([a], [b]) => a - b)) {
    const responses = operation.responses as Record<string, unknown>;
    responses[status] = {
      description: [
        ...new Set(entries.map(({ code, reason }) => (reason ? `${code} (${reason.code})` : code))),
      ].join(', '),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/ProblemDocument' },
          examples: Object.fromEntries(
            entries.map((entry) => [entry.reason?.code ?? entry.code, { value: example(entry, path) }]),
          ),
        },
      },
    };
  }
}

/** The OpenAPI document of everything the application serves. Deterministic: the same code gives the same text. */
export function createOpenApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle('Arcana Cloud')
    .setDescription(
      'Accounts, background jobs, plugins and health. Sign in at `POST /api/v1/auth/login`, then put the access token into **Authorize**. Every error is an RFC 9457 problem document.',
    )
    .setVersion(version)
    // Relative to the document itself, so that it holds behind a path prefix too.
    .addServer('./')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'An access token (`POST /api/v1/auth/login`), or an API key `ak_<id>_<secret>` (`POST /api/v1/auth/api-keys`), which may do what its scopes and the role of its owner both permit.',
      },
      'bearer',
    )
    .build();
  const document = SwaggerModule.createDocument(app, base, {
    operationIdFactory: operationId,
    extraModels: [ProblemDocument],
    // A route is in the groups that it names, not in another one after its class as well.
    autoTagControllers: false,
  });
  const known = declaredById(app);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (!operation) continue;
      const declared = declaredOf(operation, known);
      describeAccess(operation, declared.access);
      for (const [status, response] of Object.entries(operation.responses)) {
        if (response && 'description' in response) response.description ||= SUCCESS[status] ?? '';
      }
      describeErrors(operation, path, declared);
    }
  }
  makeOperationIdsUnique(document);
  keepReferencedSchemas(document);
  return document;
}

/** A route that answers under two paths keeps its name on the first and gets the path's version as suffix on the others. */
function makeOperationIdsUnique(document: OpenAPIObject): void {
  const seen = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (!operation?.operationId) continue;
      if (seen.has(operation.operationId)) {
        operation.operationId += `.${/\/(v\d+)\//.exec(path)?.[1] ?? 'alias'}`;
      }
      seen.add(operation.operationId);
    }
  }
}

interface Redirecting {
  redirect(url: string, status: number): void;
}

/** Serves Swagger UI at /docs and the document at /docs-json and /openapi.json. */
export function serveOpenApi(app: INestApplication, document: OpenAPIObject): void {
  // Before Swagger's own page there, which is one level deeper: what is relative to the document would lead nowhere.
  app
    .getHttpAdapter()
    .get('/docs/', (_request: unknown, reply: Redirecting) => reply.redirect('../docs', 308));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Arcana Cloud API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, operationsSorter: 'alpha' },
  });
  const body = JSON.stringify(document);
  app
    .getHttpAdapter()
    .get('/openapi.json', (_request: unknown, reply: { type(t: string): { send(b: string): void } }) => {
      reply.type('application/json; charset=utf-8').send(body);
    });
}
