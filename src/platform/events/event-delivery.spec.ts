import { Logger } from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import type { PubSub } from '../coordination/index.js';
import type { EventRow } from './domain-event.js';
import { EventDelivery } from './event-delivery.js';
import type { EventSubscribers } from './event-subscribers.js';

const row = (id: string, subject: string, attempts = 0): EventRow => ({
  id,
  kind: 'event',
  body: { id, type: 'unit.happened', version: 1, subject, data: { id } },
  correlation_id: 'request',
  traceparent: null,
  created_at: new Date(0),
  attempts,
});

describe('EventDelivery', () => {
  beforeAll(() => Logger.overrideLogger(false));

  let taken: string[];
  let refused: Set<string>;
  let published: { id: string }[];
  let batches: number;
  let tooLarge: Set<string>;
  let unsendable: boolean;
  let delivery: EventDelivery;

  beforeEach(() => {
    taken = [];
    refused = new Set();
    published = [];
    batches = 0;
    tooLarge = new Set();
    unsendable = false;
    const subscriber = {
      name: 'Unit.onHappened',
      handle: ({ id }: { id: string }) => {
        if (refused.has(id)) throw new Error('refused');
        taken.push(id);
      },
    };
    const pubSub = {
      publishAll: (_topic: string, events: { id: string }[]) => {
        if (events.some(({ id }) => tooLarge.has(id))) return Promise.reject(new RangeError('too large'));
        if (unsendable) return Promise.reject(new Error('away'));
        published.push(...events);
        batches++;
        return Promise.resolve();
      },
    };
    delivery = new EventDelivery(
      { of: () => [subscriber] } as unknown as EventSubscribers,
      pubSub as unknown as PubSub,
      new ArcanaConfig(),
    );
  });

  it('lets later events of a subject wait for one that is not taken, and others not', async () => {
    refused.add('a1');
    const { delivered, failed } = await delivery.deliver([row('a1', 'a'), row('a2', 'a'), row('b1', 'b')]);
    expect(delivered).toEqual(['b1']);
    expect(failed.map(({ id, error }) => [id, error]).sort()).toEqual([
      ['a1', 'Unit.onHappened: refused'],
      ['a2', 'Waits for the earlier event a1 of the same subject.'],
    ]);
    expect(failed[1]!.retryInMs).toBeGreaterThan(0);
  });

  it('goes on with a subject when its first event is taken', async () => {
    refused.add('a1');
    await delivery.deliver([row('a1', 'a'), row('a2', 'a')]);
    refused.clear();
    expect((await delivery.deliver([row('a1', 'a', 1), row('a2', 'a', 1)])).delivered).toEqual(['a1', 'a2']);
    expect(taken).toEqual(['a1', 'a2']);
  });

  it('does not publish again what was published, when only a subscriber refused', async () => {
    refused.add('a1');
    await delivery.deliver([row('a1', 'a')]);
    refused.clear();
    await delivery.deliver([row('a1', 'a', 1)]);
    expect(published).toHaveLength(1);
  });

  it('publishes what it is given in one go, in its order', async () => {
    await delivery.deliver([row('a1', 'a'), row('b1', 'b'), row('a2', 'a')]);
    expect([batches, published.map(({ id }) => id)]).toEqual([1, ['a1', 'b1', 'a2']]);
  });

  it('keeps back the event alone that cannot be published at all', async () => {
    tooLarge.add('b1');
    const { delivered, failed } = await delivery.deliver([row('a1', 'a'), row('b1', 'b'), row('c1', 'c')]);
    expect([delivered, failed.map(({ id }) => id)]).toEqual([['a1', 'c1'], ['b1']]);
    expect(published.map(({ id }) => id)).toEqual(['a1', 'c1']);
  });

  it('keeps the order of what could not be published, and does not bother its subscribers again', async () => {
    unsendable = true;
    const both = [row('a1', 'a'), row('a2', 'a')];
    expect((await delivery.deliver(both)).failed.map(({ error }) => error)).toEqual([
      'other processes: away',
      'other processes: away',
    ]);
    // The later one alone has to wait for the earlier one.
    unsendable = false;
    expect((await delivery.deliver([both[1]!])).delivered).toEqual([]);
    expect((await delivery.deliver(both)).delivered).toEqual(['a1', 'a2']);
    expect([taken, published.map(({ id }) => id)]).toEqual([
      ['a1', 'a2'],
      ['a1', 'a2'],
    ]);
  });

  it('waits longer after every failure, to a limit', async () => {
    refused.add('a1');
    const waits: number[] = [];
    for (const attempts of [0, 1, 2, 50]) {
      const { failed } = await delivery.deliver([row('a1', 'a', attempts)]);
      waits.push(failed[0]!.retryInMs);
    }
    expect(waits).toEqual([250, 500, 1_000, 30_000]);
  });
});
