import type { Result } from './results.ts';
import type { Round } from './scenario.ts';
import { isBare, type Verdict } from './statistics.ts';

const rate = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
/** Above this share of other work on the machine rates say more about that work. */
const BUSY = 0.15;

export const ratio = (value: number): string => value.toFixed(2);

/** One measurement as a line of progress. */
export function progressLine({ round, contestant, measurement }: Round): string {
  const { per_second, errors, latency_ms } = measurement;
  const failures = errors > 0 ? `, ${errors} errors` : '';
  return `  round ${round}  ${contestant.padEnd(24)} ${rate(per_second).padStart(9)} /s, p99 ${latency_ms.p99} ms${failures}`;
}

/** One criterion as a line. */
export function verdictLine({
  contestant,
  against,
  at_least,
  ratio: reached_ratio,
  reached,
}: Verdict): string {
  const verdict = reached ? 'reached' : 'not reached';
  return `${contestant} / ${against}: ${ratio(reached_ratio)}, at least ${at_least} wanted: ${verdict}`;
}

/** How far the machine was busy with other work, as a sentence. */
export function quietnessLine({ busy_elsewhere }: Result): string {
  const share = `${Math.round(busy_elsewhere * 100)} % of the processors went to other work`;
  return busy_elsewhere > BUSY ? `${share}: too much for a sound figure.` : `${share}.`;
}

/** A result as a Markdown table, readable on a terminal too. */
export function table(result: Result): string {
  const bare = result.summary.map(({ contestant }) => contestant).filter(isBare);
  const header = [
    'side',
    `${result.operation}s/s`,
    'p50 ms',
    'p99 ms',
    `server CPU µs/${result.operation}`,
    'errors',
    ...bare.map((name) => `/ ${name} (per round)`),
  ];
  const lines = result.summary.map((side) => [
    side.contestant,
    rate(side.per_second),
    side.p50_ms.toFixed(1),
    side.p99_ms.toFixed(1),
    side.server_cpu_us_per_operation === undefined
      ? ''
      : Math.round(side.server_cpu_us_per_operation).toLocaleString('en'),
    String(side.errors),
    ...bare.map((name) => comparisonCell(result, side.contestant, name)),
  ]);
  const row = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [row(header), row(header.map(() => '---')), ...lines.map(row)].join('\n');
}

function comparisonCell({ comparisons }: Result, contestant: string, against: string): string {
  const found = comparisons.find((one) => one.contestant === contestant && one.against === against);
  if (!found) return '';
  return `**${ratio(found.ratio_of_medians)}** (${found.ratio_per_round.map(ratio).join(' ')})`;
}
