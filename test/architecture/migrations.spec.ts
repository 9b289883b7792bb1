import { basename } from 'node:path/posix';
import { MIGRATIONS } from '../../migrations/index.js';
import { sourceFiles, type SourceFile } from './source-files.js';

const steps = sourceFiles('migrations/*.ts').filter(({ path }) => path !== 'migrations/index.ts');
const FILE_NAME = /^(\d{13})-([a-z0-9]+(?:-[a-z0-9]+)*)\.ts$/;

/** `1790000000001-audit-logs.ts` -> `AuditLogs1790000000001` */
function className({ path }: SourceFile): string {
  const [, time = '', words = ''] = FILE_NAME.exec(basename(path)) ?? [];
  return words.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase()) + time;
}

/** Constraints and indexes that PostgreSQL would have to name itself. */
function unnamed(sql: string): string[] {
  const bare = sql.replaceAll(/--.*$/gm, '');
  const constraints = [
    ...bare.matchAll(
      /(CONSTRAINT\s+(\w+)\s+)?\b(PRIMARY KEY|REFERENCES|UNIQUE(?=\s*[,()\n]|\s*NULLS)|CHECK(?=\s*\())/g,
    ),
  ]
    // A foreign key of the table (`CONSTRAINT fk_x FOREIGN KEY (y) REFERENCES z`) has its name before FOREIGN KEY.
    .filter(({ 2: name, 3: kind, index }) =>
      kind === 'REFERENCES' && name === undefined
        ? !/CONSTRAINT\s+fk_\w+\s+FOREIGN KEY\s*\([^)]*\)\s*$/.test(bare.slice(0, index))
        : !new RegExp(
            `^${{ 'PRIMARY KEY': 'pk', REFERENCES: 'fk', UNIQUE: 'uq', CHECK: 'ck' }[kind!]}_`,
          ).test(name ?? ''),
    )
    .map(([text]) => text);
  const indexes = [...bare.matchAll(/CREATE (UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(\w+)/g)]
    .filter(({ 1: unique, 2: name }) => !name!.startsWith(unique ? 'uq_' : 'ix_'))
    .map(([text]) => text);
  return [...constraints, ...indexes];
}

describe('migrations', () => {
  it('are listed all, in the order of their files', () => {
    expect(MIGRATIONS.map(({ name }) => name)).toEqual(steps.map(className));
  });

  it.each(steps.map((step) => [step.path, step] as const))(
    '%s can be undone and says why it is so',
    (path, step) => {
      expect(basename(path)).toMatch(FILE_NAME);
      expect(step.text).toMatch(
        new RegExp(`\\*/\\nexport class ${className(step)} implements MigrationInterface`),
      );
      const migration = MIGRATIONS.find(({ name }) => name === className(step));
      expect(migration?.prototype.up.toString()).toContain('queryRunner.query(');
      expect(migration?.prototype.down.toString()).toContain('queryRunner.query(');
    },
  );

  it.each(steps.map(({ path, text }) => [path, text] as const))(
    '%s names its constraints and indexes',
    (_, text) => {
      expect(unnamed(text)).toEqual([]);
    },
  );

  it.each([
    'CREATE TABLE a (id uuid PRIMARY KEY)',
    'CREATE TABLE a (id uuid CONSTRAINT key_a PRIMARY KEY)',
    'user_id uuid REFERENCES users (id)',
    'email text UNIQUE, name text',
    'age integer CHECK (age > 0)',
    'CREATE UNIQUE INDEX ix_a ON a (b)',
    'CREATE INDEX a_b ON a (b)',
  ])('would not pass with: %s', (sql) => {
    expect(unnamed(sql)).toHaveLength(1);
  });
});
