import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import type { SessionUse } from './dto/session.dto.js';
import type { SessionRecordRepository } from './session-record.repository.js';
import { SessionUses } from './session-uses.js';

const COLLECTED_MS = 5_000;

function sessionUses(
  recordUse: SessionRecordRepository['recordUse'] = async () => undefined,
  idleSecs = 604_800,
) {
  const config = new ArcanaConfig();
  config.security.session_idle_expiration_secs = idleSecs;
  const records = strictMock<SessionRecordRepository>('SessionRecordRepository', { recordUse });
  const written = (): SessionUse[][] => records.recordUse.mock.calls.map(([uses]) => uses);
  return { uses: new SessionUses(records, config), written };
}

describe('the use of a session', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('is written with that of others in one statement, each session once', async () => {
    const { uses, written } = sessionUses();
    for (const id of ['a', 'b', 'a', 'a', 'b']) uses.note(id);
    expect(written()).toEqual([]);
    await jest.advanceTimersByTimeAsync(COLLECTED_MS);
    expect(written()).toEqual([
      [
        { session_id: 'a', ms_ago: COLLECTED_MS },
        { session_id: 'b', ms_ago: COLLECTED_MS },
      ],
    ]);
  });

  test('is written once a minute however often it is used', async () => {
    const { uses, written } = sessionUses();
    for (let second = 0; second < 150; second++) {
      uses.note('a');
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(written()).toHaveLength(3);
  });

  test('is written more often where a session may not lie unused for long', async () => {
    const { uses, written } = sessionUses(undefined, 60);
    for (let second = 0; second < 60; second++) {
      uses.note('a');
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(written()).toHaveLength(4);
  });

  test('costs nothing while nothing is used', async () => {
    const { uses, written } = sessionUses();
    uses.note('a');
    await jest.advanceTimersByTimeAsync(COLLECTED_MS);
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(written()).toHaveLength(1);
  });

  test('that could not be written is written at the next one', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    let isDown = true;
    const { uses, written } = sessionUses(() =>
      isDown ? Promise.reject(new Error('no database')) : Promise.resolve(),
    );
    uses.note('a');
    await jest.advanceTimersByTimeAsync(COLLECTED_MS);
    isDown = false;
    uses.note('a');
    await jest.advanceTimersByTimeAsync(COLLECTED_MS);
    expect(written()).toHaveLength(2);
    expect(warned).toHaveBeenCalledTimes(1);
    warned.mockRestore();
  });

  test('waits while the statement before it is on its way', async () => {
    const first = Promise.withResolvers<void>();
    const answers = [first.promise];
    const { uses, written } = sessionUses(() => answers.shift() ?? Promise.resolve());
    uses.note('a');
    await jest.advanceTimersByTimeAsync(COLLECTED_MS);
    uses.note('b');
    await jest.advanceTimersByTimeAsync(3 * COLLECTED_MS);
    expect(written()).toHaveLength(1);
    first.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect(written().map((batch) => batch.map(({ session_id }) => session_id))).toEqual([['a'], ['b']]);
  });

  test('of thousands is written in statements of a thousand', async () => {
    const { uses, written } = sessionUses();
    for (let index = 0; index < 2_500; index++) uses.note(`s${index}`);
    await jest.advanceTimersByTimeAsync(COLLECTED_MS);
    expect(written().map(({ length }) => length)).toEqual([1000, 1000, 500]);
  });

  test('is written at the end of the process, unless that takes too long', async () => {
    const { uses, written } = sessionUses();
    uses.note('a');
    await uses.beforeApplicationShutdown();
    expect(written()).toHaveLength(1);
    const hanging = sessionUses(() => new Promise(() => undefined));
    hanging.uses.note('a');
    const closed = hanging.uses.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(closed).resolves.toBeUndefined();
  });
});
