import { CATALOGUE } from '../../src/platform/errors/index.js';
import { PERMISSIONS, type Permission, type Role } from '../../src/platform/security/index.js';
import { committedDocument, operationsOf, type DocumentedOperation } from '../support/openapi-document.js';
import type { Json } from '../support/rest-client.js';

const document = committedDocument();
const operations = operationsOf(document as never);
const named = operations.map((each): [string, DocumentedOperation] => [`${each.method} ${each.path}`, each]);

/** Every object in the document, with its path. */
function* objects(node: unknown, path = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof node !== 'object' || node === null) return;
  yield [path, node as Record<string, unknown>];
  for (const [key, value] of Object.entries(node)) yield* objects(value, `${path}/${key}`);
}

const resolve = (reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce<Json>((at, key) => at?.[key], document);

/** Media types of what is streamed. */
const FILES = ['text/csv', 'application/x-ndjson'];
const isFile = (content: Json): boolean => FILES.some((type) => type in (content ?? {}));

/** Acts that need to be told nothing. */
const BODILESS = [
  '/api/v1/auth/logout-all',
  '/api/v1/auth/resend-verification',
  '/api/v1/users/{id}/reset-password',
  '/api/v1/users/{id}/restore',
  '/api/v1/users/{id}/unlock',
];

/** What is answered without a body besides 204, by path: it must not tell whether there is such an account. */
const SILENT: Record<string, string[]> = {
  '/api/v1/auth/register': ['202'],
  '/api/v1/auth/forgot-password': ['202'],
  '/api/v1/auth/resend-verification': ['202'],
  '/api/v1/users/{id}/reset-password': ['202'],
};

const errorsOf = ({ operation }: DocumentedOperation): [string, Json][] =>
  Object.entries(operation.responses as object).filter(([status]) => Number(status) >= 400);

describe('the API document', () => {
  it('is OpenAPI 3 with title, version, licence and a bearer scheme', () => {
    expect(document).toMatchObject({
      openapi: expect.stringMatching(/^3\.\d\.\d$/),
      info: {
        title: 'Arcana Cloud',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        license: { name: 'Apache-2.0' },
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    });
  });

  it('names each operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId as string);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*(\.v\d+)?$/.test(id))).toEqual([]);
  });

  it('refers to nothing that is not there, and holds nothing that is not referred to', () => {
    const references = new Set<string>();
    for (const [, { $ref }] of objects(document)) if (typeof $ref === 'string') references.add($ref);
    expect([...references].filter((reference) => resolve(reference) === undefined)).toEqual([]);
    const schemas = Object.keys(document.components.schemas as object).map(
      (name) => `#/components/schemas/${name}`,
    );
    expect(schemas.filter((name) => !references.has(name))).toEqual([]);
  });

  it('tells what each property of a schema is', () => {
    const silent: string[] = [];
    for (const [name, { properties = {} }] of Object.entries<Json>(document.components.schemas)) {
      for (const [property, schema] of Object.entries<Json>(properties)) {
        const says = ['description', 'example', '$ref', 'allOf', 'enum', 'items', 'format'].some(
          (key) => key in schema,
        );
        if (!says) silent.push(`${name}.${property}`);
      }
    }
    expect(silent).toEqual([]);
  });

  it('speaks in snake_case', () => {
    const names = Object.values<Json>(document.components.schemas).flatMap(({ properties = {} }) =>
      Object.keys(properties as object),
    );
    const parameters = operations.flatMap(({ operation }) => (operation.parameters ?? []) as Json[]);
    names.push(...parameters.filter((each) => each.in !== 'header').map(({ name }) => name as string));
    expect(names.filter((name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  describe.each(named)('%s', (_name, documented) => {
    const { path, method, operation } = documented;

    it('has a summary, a description, a tag and an answer of success', () => {
      expect(operation).toMatchObject({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\S/),
      });
      expect(operation.tags).toHaveLength(1);
      const statuses = Object.keys(operation.responses as object);
      for (const { description } of Object.values<Json>(operation.responses))
        expect(description).toMatch(/\S/);
      const successes = statuses.filter((status) => status.startsWith('2'));
      expect(successes).not.toEqual([]);
      for (const success of successes) {
        const { content } = operation.responses[success];
        if (success === '204' || SILENT[path]?.includes(success)) expect(content).toBeUndefined();
        else if (isFile(content)) expect(Object.keys(content as object)).toEqual(FILES);
        else expect(content).toMatchObject({ 'application/json': { schema: expect.any(Object) } });
      }
    });

    it('describes each of its path parameters', () => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = ((operation.parameters ?? []) as Json[]).filter((each) => each.in === 'path');
      expect(described.map(({ name }) => name as string)).toEqual(inPath);
      // A plugin's id is a name.
      const format = path.includes('/plugins/') ? undefined : 'uuid';
      for (const parameter of described)
        expect(parameter).toMatchObject({
          required: true,
          schema: { type: 'string', ...(format && { format }) },
        });
    });

    it('has no example of a parameter that may be left out: Swagger UI would send it, and find nothing', () => {
      const parameters = (operation.parameters ?? []) as Json[];
      const sent = parameters.filter((each) => each.required !== true);
      expect(sent.filter((each) => (each.example ?? each.schema.example) !== undefined)).toEqual([]);
    });

    it('takes a body exactly where its method has one: JSON, or a file as a stream', () => {
      if (!operation.requestBody) {
        expect(method === 'POST' ? BODILESS : [path]).toContain(path);
        return expect(['GET', 'DELETE', 'POST']).toContain(method);
      }
      expect(['POST', 'PUT', 'PATCH']).toContain(method);
      if (isFile(operation.requestBody.content)) {
        expect(Object.keys(operation.requestBody.content as object)).toEqual(FILES);
        // What makes Swagger UI let the reader choose a file.
        for (const { schema } of Object.values<Json>(operation.requestBody.content)) {
          expect(schema).toEqual({ type: 'string', format: 'binary' });
        }
        return;
      }
      expect(operation.requestBody.content).toMatchObject({
        'application/json': { schema: { $ref: expect.stringMatching(/^#\/components\/schemas\//) } },
      });
    });

    it('shows an example of every error that it can answer with, under the status of its code', () => {
      const statuses = errorsOf(documented).map(([status]) => status);
      expect(statuses).toEqual(expect.arrayContaining(['500', '503', '504']));
      // Probes are never counted.
      expect(statuses.includes('429')).toBe(!path.startsWith('/health'));
      for (const [status, response] of errorsOf(documented)) {
        const { schema, examples } = response.content['application/problem+json'];
        expect(schema).toEqual({ $ref: '#/components/schemas/ProblemDocument' });
        expect(Object.keys(examples as object)).not.toEqual([]);
        for (const [name, { value }] of Object.entries<Json>(examples)) {
          const entry = CATALOGUE[value.code as keyof typeof CATALOGUE];
          expect(entry.http).toBe(Number(status));
          expect(value).toMatchObject({ status: entry.http, title: entry.title, instance: path });
          expect([value.code, value.errors?.[0].code]).toContain(name);
          expect(response.description).toContain(name);
        }
      }
    });

    it('says who may call it, and so do its errors', () => {
      const statuses = errorsOf(documented).map(([status]) => status);
      const security = operation.security as Json[];
      const permission = operation['x-permission'] as Permission | undefined;
      expect(operation.description).toContain('**Access:**');
      expect(statuses.includes('401')).toBe(security.length > 0 || /auth\/(login|refresh)$/.test(path));
      if (!permission) return expect(operation['x-roles']).toBeUndefined();
      expect(security).toEqual([{ bearer: [] }]);
      expect(statuses).toContain('403');
      const roles = (Object.keys(PERMISSIONS) as Role[]).filter((role) =>
        PERMISSIONS[role].includes(permission),
      );
      expect(operation['x-roles']).toEqual(roles);
      for (const role of roles) expect(operation.description).toContain(role);
    });
  });
});
