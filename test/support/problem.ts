import type { RestAnswer } from './rest-client.js';

/** Words of libraries, paths and statements that no stranger shall read. */
const INTERNALS =
  /select |insert |\bat .*\.(js|ts):|typeorm|postgres|queryfailed|fastify|class-validator|node_modules|\/src\//i;

/** What must hold of any refusal: a problem document that names its request and nothing from inside. */
export function expectProblem({ status, headers, body, text }: RestAnswer): void {
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({
    type: `urn:arcana:error:${body.code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
    message: expect.any(String),
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    request_id: headers.get('x-request-id'),
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(text).not.toMatch(INTERNALS);
}
