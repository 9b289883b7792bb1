/**
 * HTTP: the Fastify adapter with its limits, the head of the request chain, the one error filter (for gRPC as well),
 * validation, and the OpenAPI document.
 */
export { ApiErrors } from './api-docs.decorators.js';
export { configureHttp } from './configure-http.js';
export { asAppError, ErrorFilter } from './error.filter.js';
export { contextOf, sendProblem } from './http-context.js';
export type { HttpObserver } from './http-context.js';
export { createHttpAdapter } from './http-adapter.js';
export { createOpenApiDocument, serveOpenApi } from './openapi.js';
export { cursorLinks, pageLinks } from './page-links.js';
export { ProblemDocument } from './problem.dto.js';
export { RequestValidationPipe } from './request-validation.pipe.js';
export { RouteTable } from './route-table.js';
export { sendStream } from './streamed-answer.js';
export type { StreamedAnswer } from './streamed-answer.js';
export { openUpload, StreamedBody } from './streamed-body.js';
export type { Upload } from './streamed-body.js';
export { Uncompressed } from './uncompressed.js';
export { UuidPipe } from './uuid.pipe.js';
export { writtenOnce } from './written-once.js';
