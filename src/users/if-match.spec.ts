import { describe, expect, test } from '@jest/globals';
import { entityTag, versionsOf } from './if-match.js';

describe('If-Match', () => {
  test('absent or * means whatever version there is', () => {
    expect(versionsOf(undefined)).toBeUndefined();
    expect(versionsOf(' * ')).toBeUndefined();
  });

  test('names versions by their entity tags', () => {
    expect(versionsOf(entityTag(3))).toEqual([3]);
    expect(versionsOf('"3", "17"')).toEqual([3, 17]);
  });

  test('matches nothing with weak or foreign tags', () => {
    expect(versionsOf('W/"3"')).toEqual([]);
    expect(versionsOf('"abc", "03", "0", ""')).toEqual([]);
  });

  test.each(['3', '"3', 'W/3', '"3" "4"', ',', '"3",'])('refuses %s, which is no list of tags', (header) => {
    expect(() => versionsOf(header)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        fields: [expect.objectContaining({ field: 'If-Match' })],
      }),
    );
  });

  test('refuses a header of absurd length at once', () => {
    expect(() => versionsOf(`"${'1'.repeat(2000)}"`)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED' }),
    );
  });
});
