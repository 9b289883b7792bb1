/**
 * The embedded PostgreSQL: a real server from npm packages, for a machine that has no database.
 *
 * It keeps everything in one folder (data, password, port, log), listens on 127.0.0.1 alone, runs in its own session,
 * and survives the death of the process that started it: the next one adopts it.
 */
export { startEmbeddedServer } from './embedded-server.js';
export type { EmbeddedServer, EmbeddedServerOptions } from './embedded-server.js';
export { EmbeddedServerError } from './embedded-server.error.js';
export { holdEmbeddedServer } from './hold.js';
export type { EmbeddedServerHold } from './hold.js';
