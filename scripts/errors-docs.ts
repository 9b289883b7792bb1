/**
 * Writes what docs/errors.md takes from the code: the table of codes and the table of reasons. A test compares them.
 *
 *   npm run build && node scripts/errors-docs.ts
 *
 * Node runs this file as it stands, stripping the types; the product itself comes from the build.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface CatalogueEntry {
  readonly http: number;
  readonly grpc: string;
  readonly retryable: boolean;
  readonly message: string;
}

interface ReasonDefinition {
  readonly reason: string;
  readonly under: string;
  readonly field?: string;
  readonly message: string;
  readonly grpc?: string;
}

/** What `platform/errors` exports, as far as it is documented here. */
export interface ErrorDeclarations {
  readonly CATALOGUE: Readonly<Record<string, CatalogueEntry>>;
  readonly knownReasons: () => readonly { readonly definition: ReasonDefinition }[];
}

/**
 * The document with both tables brought up to date; the prose around them is kept.
 * @throws Error when a pair of markers is missing
 */
export function withErrorTables(document: string, { CATALOGUE, knownReasons }: ErrorDeclarations): string {
  const codes = Object.entries(CATALOGUE).map(([code, { http, grpc, retryable, message }]) => [
    `\`${code}\``,
    String(http),
    `\`${grpc}\``,
    retryable ? 'yes' : 'no',
    message,
  ]);
  const reasons = knownReasons()
    .map(({ definition }) => definition)
    .sort((a, b) => (a.reason < b.reason ? -1 : 1))
    .map(({ reason, under, field, message, grpc }) => [
      `\`${reason}\``,
      `\`${under}\``,
      `${CATALOGUE[under]!.http} / \`${grpc ?? CATALOGUE[under]!.grpc}\``,
      field ? `\`${field}\`` : '',
      message,
    ]);
  return between(
    between(document, 'codes', table(['code', 'HTTP', 'gRPC', 'retry', 'meaning'], codes)),
    'reasons',
    table(['reason', 'under', 'HTTP / gRPC', 'field', 'meaning'], reasons),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function between(document: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}: from the code -->`, `<!-- /${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The document has no place for ${name}: ${start} ... ${end}`);
  return `${document.slice(0, from)}${start}\n\n${content}\n\n${document.slice(to)}`;
}

if (import.meta.main) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const built = (path: string): Promise<unknown> => import(pathToFileURL(join(root, 'dist', path)).href);
  await import('reflect-metadata');
  for (const path of globSync('src/**/*.errors.js', { cwd: join(root, 'dist') })) await built(path);
  const declarations = (await built('src/platform/errors/index.js')) as ErrorDeclarations;
  const document = join(root, 'docs', 'errors.md');
  writeFileSync(document, withErrorTables(readFileSync(document, 'utf8'), declarations));
}
