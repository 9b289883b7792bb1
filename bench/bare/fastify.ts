import { fastify } from 'fastify';
import { announce, portOf, readSpecification } from './server.ts';
import type { RestSpecification } from './specification.ts';

/** Fastify alone: one route, no logger, no hooks. */
const { path, answer } = readSpecification<RestSpecification>();
const server = fastify({ logger: false });
server.get(path, () => answer);
await server.listen({ host: '127.0.0.1', port: 0 });
announce(portOf(server.addresses()));
