/** One transform for all; suites that need real servers get them from a global set-up. */
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/support/setup.ts'],
};

/** @type {import('jest').Config} */
export default {
  // Much of a run is waiting, for servers to start and for time to pass: two workers keep two cores busy.
  maxWorkers: 2,
  // Tests wait for signals; this is for the one that never comes, also on a busy machine.
  testTimeout: 60_000,
  reporters: [
    'default',
    '<rootDir>/scripts/reporters/coverage.reporter.ts',
    '<rootDir>/scripts/reporters/figures.reporter.ts',
  ],
  // Istanbul counts statements. V8 would count lines, and call comments, types and declarations covered.
  coverageProvider: 'babel',
  // What only runs in a process of its own is tested by booting the build, which no counter sees.
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts', '!src/main.ts', '!src/instrumentation.ts'],
  coverageReporters: ['html'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{src,scripts,bench}/**/*.spec.ts'],
    },
    { ...shared, displayName: 'architecture', testMatch: ['<rootDir>/test/architecture/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'real',
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
      testMatch: ['<rootDir>/test/{integration,e2e,contract,faults}/**/*.spec.ts'],
    },
  ],
};
