/**
 * `npm run bench`: compares the product with the bare libraries it stands on.
 *
 *   --scenario <name>   only this one; may be repeated
 *   --quick             short rounds that show that everything works; nothing is kept
 *   --bare-only         without the product; nothing is kept
 *   --rounds, --seconds number and length of the rounds
 *   --strict            exit code 1 when a criterion is not reached
 */
import { updateDocument } from './harness/document.ts';
import { readOptions } from './harness/options.ts';
import { progressLine, quietnessLine, table, verdictLine } from './harness/report.ts';
import { keepResult, resultOf } from './harness/results.ts';
import { runRounds } from './harness/rounds.ts';
import { SCENARIOS } from './scenarios/index.ts';

const options = readOptions(process.argv.slice(2));
const unknown = options.scenarios.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  const known = SCENARIOS.map(({ name }) => name).join(', ');
  throw new Error(`There is no scenario ${unknown.join(', ')}; there are ${known}.`);
}

const kept = options.withArcana && !options.quick;
let allReached = true;
for (const scenario of SCENARIOS) {
  if (options.scenarios.length > 0 && !options.scenarios.includes(scenario.name)) continue;
  console.log(`\n${scenario.title}`);
  const rounds = await runRounds(scenario, options.size, options, (round) =>
    console.log(progressLine(round)),
  );
  const result = resultOf(scenario, options.size, rounds);
  console.log(`\n${table(result)}\n`);
  console.log(quietnessLine(result));
  for (const verdict of result.criteria) {
    console.log(verdictLine(verdict));
    allReached &&= verdict.reached;
  }
  if (kept) console.log(`kept as ${keepResult(result)}`);
}
if (kept) {
  updateDocument();
  console.log('\ndocs/benchmarks.md shows the newest results.');
}
if (options.strict && !allReached) process.exitCode = 1;
