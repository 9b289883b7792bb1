import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/project-root.ts';
import { quietnessLine, table, verdictLine } from './report.ts';
import { newestResults, type Result } from './results.ts';

export const BEGIN = '<!-- results: written by npm run bench -->';
export const END = '<!-- end of results -->';

/** Puts the newest kept result of every scenario into docs/benchmarks.md. */
export function updateDocument(): void {
  const path = join(projectRoot(), 'docs', 'benchmarks.md');
  const sections = newestResults().map(({ file, result }) => section(file, result));
  writeFileSync(path, replaceResults(readFileSync(path, 'utf8'), sections.join('\n\n')));
}

/** Exchanges what stands between the two markers. @throws Error when a marker is missing */
export function replaceResults(document: string, results: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('docs/benchmarks.md has lost its markers.');
  return `${document.slice(0, begin + BEGIN.length)}\n\n${results}\n\n${document.slice(end)}`;
}

function section(file: string, result: Result): string {
  const { machine, size } = result;
  const parameters = Object.entries(result.parameters).map(
    ([name, value]) => `${name.replaceAll('_', ' ')} ${value.toLocaleString('en')}`,
  );
  const revision = `${result.commit}${result.modified ? ' with changes' : ''}`;
  return [
    `### ${result.title}`,
    '',
    table(result),
    '',
    ...result.criteria.flatMap((verdict) => [`${verdictLine(verdict)}.`, '']),
    `${result.date.slice(0, 'YYYY-MM-DD'.length)}, commit ${revision}; ${machine.cores} × ${machine.cpu}, ` +
      `${machine.memory_gib} GiB, ${machine.system} ${machine.kernel}, Node ${machine.node}; ` +
      `${size.rounds} rounds of ${size.window.seconds} s; ${parameters.join(', ')}. ` +
      `${quietnessLine(result)} ` +
      `Raw: [${file}](../bench/results/${file}).`,
  ].join('\n');
}
