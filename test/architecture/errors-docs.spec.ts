import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withErrorTables } from '../../scripts/errors-docs.js';
import { projectRoot } from '../../src/platform/config/index.js';
import { AppError, CATALOGUE, knownReasons, type ErrorCode } from '../../src/platform/errors/index.js';
import { sourceFiles } from './source-files.js';

const document = readFileSync(join(projectRoot(), 'docs/errors.md'), 'utf8');

/** Rows of a table of the document: the words in `code style` of each. */
const rowsUnder = (heading: string): string[][] =>
  document
    .slice(document.indexOf(`\n## ${heading}\n`))
    .split(/\n## /, 2)[1]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, word]) => word!));

describe('docs/errors.md', () => {
  beforeAll(async () => {
    for (const { path } of sourceFiles('src/**/*.errors.ts')) await import(join(projectRoot(), path));
  });

  it('is what the code says (npm run build && node scripts/errors-docs.ts)', () => {
    expect(document).toBe(withErrorTables(document, { CATALOGUE, knownReasons }));
  });

  it('lists every code of the catalogue', () => {
    expect(rowsUnder('Codes').map(([code]) => code)).toEqual(Object.keys(CATALOGUE));
  });

  it('lists every reason that any feature declares', () => {
    const declared = knownReasons().map(({ definition }) => definition.reason);
    expect(declared).toContain('EMAIL_TAKEN');
    expect(rowsUnder('Reasons').map(([reason]) => reason)).toEqual([...declared].sort());
  });

  it('shows a problem document that the product would answer', () => {
    const example = JSON.parse(/```json\n([^]*?)```/.exec(document)![1]!) as Record<string, unknown> & {
      code: ErrorCode;
      errors: { code: string }[];
    };
    const reason = knownReasons().find(({ definition }) => definition.reason === example.errors[0]!.code)!;
    const error = reason.error();
    expect(error).toBeInstanceOf(AppError);
    expect(example).toMatchObject({
      type: `urn:arcana:error:${error.code}`,
      title: error.entry.title,
      status: error.entry.http,
      detail: error.message,
      message: error.message,
      code: error.code,
      errors: error.fields,
    });
  });

  it('would notice a reason that nobody documented', () => {
    const undocumented = { definition: { reason: 'NEW_REASON', under: 'CONFLICT', message: 'New.' } };
    const changed = withErrorTables(document, {
      CATALOGUE,
      knownReasons: () => [...knownReasons(), undocumented],
    });
    expect(changed).not.toBe(document);
  });

  it('cannot miss a reason: reasons are declared in *.errors.ts files alone', () => {
    const elsewhere = sourceFiles('src/**/*.ts').filter(
      ({ path, text }) =>
        /\bdefineReason\(/.test(text) && !/(\.errors|\.spec)\.ts$|^src\/platform\/errors\//.test(path),
    );
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
  });
});
