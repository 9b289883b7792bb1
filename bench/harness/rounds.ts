import { measure } from './measure.ts';
import type { Round, Scenario, Size } from './scenario.ts';
import { onStage } from './stage.ts';
import { orderOfRound } from './statistics.ts';

/**
 * Starts all sides, loads one at a time in rounds whose order rotates, and stops them.
 *
 * @param progress told each measurement as it is made
 * @returns every round of every contestant in the order they were run
 */
export function runRounds(
  scenario: Scenario,
  size: Size,
  options: { withArcana: boolean; quick: boolean },
  progress: (round: Round) => void,
): Promise<Round[]> {
  return onStage(async (stage) => {
    const contestants = await scenario.start(stage, options);
    const factor = scenario.window_factor ?? 1;
    const window = { ...size.window, seconds: size.window.seconds * factor };
    for (const contestant of contestants) {
      await measure(contestant, { warm_up_seconds: 0, seconds: size.first_warm_up_seconds * factor });
    }
    const rounds: Round[] = [];
    for (let round = 0; round < size.rounds; round += 1) {
      for (const [index, contestant] of orderOfRound(contestants, round).entries()) {
        const measurement = await measure(contestant, window);
        const { name } = contestant;
        const made: Round = { round: round + 1, position: index + 1, contestant: name, measurement };
        rounds.push(made);
        progress(made);
      }
    }
    return rounds;
  });
}
