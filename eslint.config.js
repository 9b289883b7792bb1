import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import { arcana } from './scripts/checks/eslint-rules.js';

const READS_ENVIRONMENT = [
  'src/platform/config/**',
  'scripts/**',
  'test/**',
  'bench/**',
  '.ci/**',
  '*.config.js',
];

/** Laws that ESLint can see while a line is being typed; who may import whom is in .dependency-cruiser.cjs. */
const laws = {
  files: ['**/*.{ts,js,mjs}'],
  plugins: { arcana },
  rules: {
    'arcana/package-home': 'error',
    'no-restricted-properties': [
      'error',
      {
        object: 'process',
        property: 'env',
        message:
          'Settings come from platform/config: typed, validated and redacted there. Ask for an ArcanaConfig.',
      },
    ],
    'no-restricted-imports': [
      'error',
      {
        paths: ['process', 'node:process'].map((name) => ({
          name,
          importNames: ['env'],
          message: 'Ask for an ArcanaConfig.',
        })),
      },
    ],
  },
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.arcana/', 'bench/results/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A promise that nobody waits for is an error that nobody sees. (Not thenables: Fastify's route methods return one.)
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
      // Numbers and booleans print as one expects; objects and undefined do not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Nest's dynamic modules are named by empty classes.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      // The written type is what decorators see at run time.
      '@typescript-eslint/no-inferrable-types': ['error', { ignoreProperties: true }],
      // DTO classes describe shapes: a literal of that shape is one of them.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Where an index is known to exist, noUncheckedIndexedAccess leaves no better way to say so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Settings and messages are plain data that happens to have a class; text is spread by code points on purpose.
      '@typescript-eslint/no-misused-spread': 'off',
      // An interface may ask for a method that here has nothing to do.
      '@typescript-eslint/no-empty-function': 'off',
      // Documents of JSON are built up and pared down by key.
      '@typescript-eslint/no-dynamic-delete': 'off',
      // A handler may return nothing: `Promise<object | void>`.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // What comes from outside may not be what its type says.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      // A type parameter used once still names what a caller may fix.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Header and metadata names are data, not properties.
      '@typescript-eslint/dot-notation': 'off',
      // A method may be async because its port is.
      '@typescript-eslint/require-await': 'off',
      // `while (true)` says what it means.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // Empty string and zero are as absent as undefined in many of our conditions; the types say where they are not.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals: nodeGlobals() } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  laws,
  { files: READS_ENVIRONMENT, rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' } },
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts'],
    rules: {
      // One name per thing, the same everywhere it is imported.
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      // Logs go through the logger: levels, request id, redaction. What a terminal must show is written to it.
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      // expect(object.method) hands over a method to be looked at, not to be called.
      '@typescript-eslint/unbound-method': 'off',
      // Tests hand over what the types forbid, to see it refused.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
);

/** What Node gives every JavaScript file that the TypeScript compiler does not look at. */
function nodeGlobals() {
  const names = [...Object.getOwnPropertyNames(globalThis), 'require', 'module'];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
