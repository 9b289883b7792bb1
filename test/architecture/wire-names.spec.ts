import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';
import { CATALOGUE, knownReasons } from '../../src/platform/errors/index.js';
import { PERMISSIONS } from '../../src/platform/security/index.js';
import { sourceFiles } from './source-files.js';

const WORDS = '[a-z]+(?:_[a-z]+)*';
const SHAPES = {
  /** Something that has happened: one of its words is in the past. */
  event: new RegExp(`^[a-z]+\\.(?=(?:[a-z]+_)*[a-z]+ed(?:_|$))${WORDS}$`),
  job: new RegExp(`^[a-z]+\\.${WORDS}$`),
  permission: new RegExp(`^[a-z]+:${WORDS}$`),
  error: /^[A-Z]+(?:_[A-Z]+)*$/,
};

/** Everything that the files ending in `suffix` export. */
async function exportsOf(suffix: string): Promise<Record<string, unknown>[]> {
  const files = sourceFiles(`src/**/*${suffix}`);
  const modules = await Promise.all(
    files.map(({ path }) => import(join(projectRoot(), path)) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module) as Record<string, unknown>[]);
}

const declared = (exported: Record<string, unknown>[]): string[] =>
  exported.flatMap((value) =>
    typeof value === 'object' && typeof value['type'] === 'string' ? [value['type']] : [],
  );

describe('names on the wire', () => {
  it('events say what has happened', async () => {
    const types = declared(await exportsOf('.events.ts'));
    expect(types).not.toEqual([]);
    expect(types.filter((type) => !SHAPES.event.test(type))).toEqual([]);
    expect(types).toHaveLength(new Set(types).size);
  });

  it('jobs are two parts joined by a dot', async () => {
    const types = declared(await exportsOf('.jobs.ts'));
    expect(types).not.toEqual([]);
    expect(types.filter((type) => !SHAPES.job.test(type))).toEqual([]);
    expect(types).toHaveLength(new Set(types).size);
  });

  it('permissions are an act on the things of one feature', () => {
    const permissions = Object.values(PERMISSIONS).flat();
    const features = readdirSync(join(projectRoot(), 'src'));
    expect(permissions.filter((name) => !SHAPES.permission.test(name))).toEqual([]);
    expect(permissions.filter((name) => !features.includes(name.split(':')[0]!))).toEqual([]);
  });

  it('error codes and reasons are upper case, and no reason repeats a code', async () => {
    await exportsOf('.errors.ts');
    const codes = Object.keys(CATALOGUE);
    const reasons = knownReasons().map(({ definition }) => definition.reason);
    expect([...codes, ...reasons].filter((name) => !SHAPES.error.test(name))).toEqual([]);
    expect(reasons.filter((reason) => codes.includes(reason))).toEqual([]);
  });

  it.each([
    ['event', 'user.create'],
    ['event', 'UserCreated'],
    ['event', 'created'],
    ['job', 'WelcomeEmail'],
    ['job', 'email'],
    ['permission', 'users.read'],
    ['permission', 'users:*'],
    ['error', 'email_taken'],
  ] as const)('a name of another shape would be noticed: %s %s', (kind, name) => {
    expect(name).not.toMatch(SHAPES[kind]);
  });
});
