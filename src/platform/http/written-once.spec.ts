import { describe, expect, test } from '@jest/globals';
import { textOfAnswer, writtenOnce } from './written-once.js';

/** An answer that counts how often it is written. */
class Answer {
  readonly #count = { times: 0 };
  get times(): number {
    return this.#count.times;
  }
  toJSON(): object {
    this.#count.times++;
    return { name: 'Ada', at: new Date(0) };
  }
}
const TEXT = '{"name":"Ada","at":"1970-01-01T00:00:00.000Z"}';

describe('an answer', () => {
  test('that is frozen and given again is written once', () => {
    const answer = Object.freeze(new Answer());
    for (let given = 0; given < 3; given++) expect(textOfAnswer(writtenOnce(answer))).toBe(TEXT);
    expect(answer.times).toBe(1);
  });

  test('that can still be changed is written anew each time', () => {
    const answer = { name: 'Ada' };
    expect(textOfAnswer(writtenOnce(answer))).toBe('{"name":"Ada"}');
    answer.name = 'Grace';
    expect(textOfAnswer(writtenOnce(answer))).toBe('{"name":"Grace"}');
  });

  test.each([null, 'text', 7, [1], { a: undefined }])('of any other kind is its JSON: %j', (answer) => {
    expect(textOfAnswer(answer)).toBe(JSON.stringify(answer));
  });
});
