import { jest } from '@jest/globals';
import { projectRoot } from '../../src/platform/config/index.js';
import { cruise, ruleNames, type BoundaryViolation } from './cruise.js';
import { fixtureTree, importTree, specifier } from './fixture-tree.js';
import { ALLOWED_IMPORTS, FORBIDDEN_IMPORTS, type PlantedImport } from './planted-imports.js';

// The tool starts a process of its own and reads the whole product.
jest.setTimeout(120_000);

const FOLDERS = ['src', 'migrations'];
const planted = Object.entries(FORBIDDEN_IMPORTS);

/** dependency-cruiser names the file of a package, and what it could not find by how it was written. */
const pointsAt = (violation: BoundaryViolation, { from, to }: PlantedImport): boolean =>
  violation.to === to || violation.to.startsWith(`${to}/`) || violation.to === specifier(from, to);

describe('boundaries', () => {
  let violations: BoundaryViolation[];

  beforeAll(async () => {
    const tree = importTree(
      [...planted.flatMap(([, imports]) => imports), ...ALLOWED_IMPORTS],
      new Set(['src/users/nowhere.ts']),
    );
    const dependencies = Object.fromEntries(
      [...tree.keys()]
        .filter((path) => path.startsWith('node_modules/') && path.endsWith('/package.json'))
        .map((path) => path.slice('node_modules/'.length, -'/package.json'.length))
        .filter((name) => name !== 'autocannon' && name !== 'unlisted')
        .map((name) => [name, '1.0.0']),
    );
    tree.set(
      'package.json',
      JSON.stringify({ name: 'fixture', dependencies, devDependencies: { autocannon: '1.0.0' } }),
    );
    tree.set('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'nodenext' } }));
    const fixture = await fixtureTree(tree);
    try {
      violations = await cruise(fixture.root, FOLDERS);
    } finally {
      await fixture.remove();
    }
  });

  it('has a planted violation for every rule, and no other', () => {
    expect(Object.keys(FORBIDDEN_IMPORTS).sort()).toEqual([...ruleNames()].sort());
  });

  it.each(planted)('catches the planted violations of %s', (rule, imports) => {
    const missed = imports.filter(
      (plant) =>
        !violations.some(
          (found) => found.rule === rule && found.from === plant.from && pointsAt(found, plant),
        ),
    );
    expect(missed).toEqual([]);
  });

  it('lets the imports pass that the product is made of', () => {
    const allowedFiles = new Set(ALLOWED_IMPORTS.map(({ from }) => from));
    expect(violations.filter(({ from }) => allowedFiles.has(from))).toEqual([]);
  });

  it('holds in the product itself', async () => {
    expect(await cruise(projectRoot(), FOLDERS)).toEqual([]);
  });
});
