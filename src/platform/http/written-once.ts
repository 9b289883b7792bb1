/** JSON of answers that are given again. It goes with its answer. */
const texts = new WeakMap<object, string>();

/**
 * An answer that will be given many times as it is: its JSON is made once. Only of a frozen object: what somebody could
 * still change is written anew each time.
 */
export function writtenOnce<T extends object>(answer: T): T {
  if (Object.isFrozen(answer) && !texts.has(answer)) texts.set(answer, JSON.stringify(answer));
  return answer;
}

/** The JSON of any answer. */
export const textOfAnswer = (answer: unknown): string =>
  (typeof answer === 'object' && answer !== null ? texts.get(answer) : undefined) ?? JSON.stringify(answer);
