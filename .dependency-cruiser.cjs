// Who may know whom. `npm run check` runs it; test/architecture plants one violation of every rule and expects it caught.
const packageHomes = require('./scripts/checks/package-homes.cjs');

/** Low rank first: a feature may import the front door of features to its left only. */
const FEATURES = ['audit', 'users', 'auth', 'jobs', 'plugins', 'console'];

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const featureOrder = FEATURES.map((feature, rank) => {
  const later = FEATURES.slice(rank + 1);
  return rule(
    `feature-order/${feature}`,
    later.length > 0
      ? `Features form one line, ${FEATURES.join(' < ')}: what stands before can be understood, tested and removed without what stands after. Move the shared part down, or publish an event that the later feature hears.`
      : 'The console is last in line: it shows what every feature has, and none may lean on it.',
    later.length > 0
      ? { path: `^src/${feature}/` }
      : { path: '^src/(?!app/|platform/)', pathNot: `^src/${feature}/` },
    later.length > 0 ? { path: `^src/(${later.join('|')})/` } : { path: `^src/${feature}/` },
  );
});

const onlyIn = packageHomes.map(({ name, packages, homes, why }) =>
  rule(
    `only-in/${name}`,
    why,
    { path: '^src/', pathNot: homes.join('|') },
    { path: `(^|/)node_modules/(${packages.map((pattern) => pattern.replaceAll('*', '[^/]+')).join('|')})/` },
  ),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'Files that import each other cannot be understood apart, and two ES modules that do so pass in tests and crash in the build, where one of them is still empty when the other runs. Relations between entities name the other side by a string.',
      {},
      { circular: true },
    ),
    rule(
      'resolvable',
      'An import that finds no file would be missed by every other rule here.',
      { path: '^(src|migrations)/' },
      { couldNotResolve: true },
    ),
    rule(
      'front-door',
      'A feature is used through its index.ts, which says what it promises. Reaching past it would make its insides a promise too.',
      { path: '^src/(?!platform/|app/)([^/]+)/' },
      { path: '^src/(?!platform/|app/)([^/]+)/(?!index\\.ts$)', pathNot: '^src/$1/' },
    ),
    ...featureOrder,
    rule(
      'health-stands-alone',
      'Health answers also when a feature is broken or absent: it reads the registry of platform/health, where features register their checks.',
      { path: '^src/health/' },
      { path: '^src/(?!health/|platform/)' },
    ),
    rule(
      'nobody-imports-health',
      'A feature registers its checks in platform/health; the health routes are an end, not a library.',
      { path: '^src/(?!health/|app/)' },
      { path: '^src/health/' },
    ),
    rule(
      'platform-knows-no-feature',
      'Platform is what every feature stands on. What it needs from one is a port that app binds.',
      { path: '^src/platform/' },
      { path: '^src/(?!platform/)' },
    ),
    rule(
      'platform-front-door',
      'What a room of platform promises is in its index.ts; everything else in it may change without asking. instrumentation.ts alone reaches past it: the libraries that an index.ts brings in would be loaded before telemetry could wrap them.',
      { path: '^(src/(?!platform/)|migrations/)', pathNot: '^src/instrumentation\\.ts$' },
      { path: '^src/platform/[^/]+/(?!index\\.ts$|.+/index\\.ts$)' },
    ),
    rule(
      'platform-room-front-door',
      'Rooms of platform meet at their index.ts like everybody else; an import of an inner file couples two rooms for good.',
      { path: '^src/platform/([^/]+)/' },
      { path: '^src/platform/[^/]+/(?!index\\.ts$|.+/index\\.ts$)', pathNot: '^src/platform/$1/' },
    ),
    rule(
      'only-main-knows-app',
      'App is the place where everything is put together. Whoever imports it depends on everything.',
      { path: '^src/(?!app/|main\\.ts$)' },
      { path: '^src/app/' },
    ),
    rule(
      'main-starts-app',
      'main.ts reads the configuration and starts the role; anything more belongs in app, where it can be tested.',
      { path: '^src/main\\.ts$' },
      { path: '^src/', pathNot: '^src/(app/|platform/config/index\\.ts$)' },
    ),
    rule(
      'controller-to-port-only',
      'A controller parses, calls a service and maps. With a repository or an entity in reach, rules would grow in it that the other protocol does not have, and it could not run in a process without a database.',
      { path: '\\.controller\\.ts$' },
      { path: '\\.(repository|entity)\\.ts$' },
    ),
    rule(
      'service-is-transport-free',
      'The same rules answer REST, gRPC, jobs and other processes: a service that knows a transport or the storage can answer only one of them.',
      { path: '\\.service\\.ts$', pathNot: '^src/platform/' },
      {
        path: '\\.(controller|entity|typeorm\\.repository)\\.ts$|node_modules/(@nestjs/(swagger|microservices|platform-[^/]+)|@?fastify|@grpc|typeorm)/',
      },
    ),
    rule(
      'port-is-pure',
      'A port is what the rules ask of storage. With an entity or TypeORM in it, it could not cross to another process, nor have a second adapter.',
      { path: '\\.repository\\.ts$', pathNot: '\\.typeorm\\.repository\\.ts$' },
      { path: '\\.entity\\.ts$|node_modules/typeorm/' },
    ),
    rule(
      'index-hides-storage',
      'Tables and adapters are the feature’s own business: another feature that saw them would read them behind its back.',
      { path: '^src/(?!platform/)[^/]+/index\\.ts$' },
      { path: '\\.(entity|typeorm\\.repository)\\.ts$' },
    ),
    ...onlyIn,
    rule(
      'migrations-stand-alone',
      'A step that has run somewhere never changes. One that imported code of the product would change whenever that code does.',
      { path: '^migrations/' },
      { path: '.', pathNot: '^migrations/|(^|/)node_modules/typeorm/|^node:' },
    ),
    rule(
      'database-owns-migrations',
      'The runner in platform/database applies the steps, under its lock; nobody else has a reason to touch them.',
      { path: '^src/', pathNot: '^src/platform/database/' },
      { path: '^migrations/' },
    ),
    rule(
      'not-to-test',
      'The product never contains its tests.',
      { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      { path: '^(test|bench)/|\\.spec\\.ts$' },
    ),
    rule(
      'production-dependencies',
      'An image is installed without development packages: what the product imports must be listed under `dependencies`.',
      { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports count: they couple two files as much as the others do.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
