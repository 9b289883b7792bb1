import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { PubSub } from '../../../src/platform/coordination/index.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

/** One technology under the port. */
export interface PubSubTechnology {
  url(): Promise<string>;
  open(url: string): Promise<{ pubSub: PubSub; close(): Promise<void> }>;
}

interface Message {
  n: number;
  text?: string;
}

/** Collects what is received, and lets a test wait for the next. */
class Inbox {
  readonly received: Message[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  readonly take = (message: Message): void => {
    this.received.push(message);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.received.length < count) return true;
      resolve();
      return false;
    });
  };

  /** Resolves when `count` messages have come. */
  async has(count: number): Promise<Message[]> {
    if (this.received.length < count)
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    return this.received;
  }
}

/** What every adapter of `PubSub` does. */
export function pubSubConformance(technology: PubSubTechnology): void {
  const opened: { close(): Promise<void> }[] = [];
  let url: string;
  let topic: string;
  let here: PubSub;
  let there: PubSub;

  const open = async (at: string): Promise<PubSub> => {
    const { pubSub, close } = await technology.open(at);
    opened.push({ close });
    return pubSub;
  };

  beforeAll(async () => {
    url = await technology.url();
  });
  beforeEach(async () => {
    topic = `test.${randomUUID()}`;
    here = await open(url);
    there = await open(url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });

  it('brings a message to every subscriber, the publisher included, in order', async () => {
    const inboxes = [new Inbox(), new Inbox(), new Inbox()];
    for (const [index, pubSub] of [here, here, there].entries()) {
      const subscription = await pubSub.subscribe<Message>(topic, inboxes[index]!.take);
      expect(subscription.active).toBe(true);
    }
    for (let n = 0; n < 20; n++) await here.publish(topic, { n, text: 'Grüße\n"' });
    const expected = Array.from({ length: 20 }, (_, n) => ({ n, text: 'Grüße\n"' }));
    for (const inbox of inboxes) await expect(inbox.has(20)).resolves.toEqual(expected);
  });

  it('brings several that were sent at once, in order', async () => {
    const inbox = new Inbox();
    await there.subscribe<Message>(topic, inbox.take);
    const messages = Array.from({ length: 200 }, (_, n) => ({ n, text: 'x' }));
    await here.publishAll(topic, messages);
    await expect(inbox.has(200)).resolves.toEqual(messages);
    await here.publishAll(topic, []);
    await expect(here.publishAll(topic, [{ text: 'x'.repeat(8_000) }])).rejects.toThrow(RangeError);
  });

  it('brings no message of another topic', async () => {
    const inbox = new Inbox();
    await here.subscribe<Message>(topic, inbox.take);
    await there.publish(`${topic}.b`, { n: 1 });
    await there.publish(topic, { n: 2 });
    await expect(inbox.has(1)).resolves.toEqual([{ n: 2 }]);
  });

  it('brings nothing to a subscription that was closed', async () => {
    const closed = new Inbox();
    const open = new Inbox();
    const subscription = await here.subscribe<Message>(topic, closed.take);
    await here.subscribe<Message>(topic, open.take);
    await subscription.close();
    expect(subscription.active).toBe(false);
    await there.publish(topic, { n: 1 });
    await open.has(1);
    expect(closed.received).toEqual([]);
  });

  it('can be subscribed to again after the last subscription was closed', async () => {
    const first = await here.subscribe<Message>(topic, () => undefined);
    await first.close();
    const inbox = new Inbox();
    await here.subscribe<Message>(topic, inbox.take);
    await there.publish(topic, { n: 1 });
    await expect(inbox.has(1)).resolves.toEqual([{ n: 1 }]);
  });

  it('brings a message to the others when one handler throws or rejects, and logs the fault', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const inbox = new Inbox();
    await here.subscribe(topic, () => {
      throw new Error('thrown on purpose');
    });
    await here.subscribe(topic, async () => {
      throw new Error('rejected on purpose');
    });
    await here.subscribe<Message>(topic, inbox.take);
    await there.publish(topic, { n: 1 });
    await there.publish(topic, { n: 2 });
    await expect(inbox.has(2)).resolves.toHaveLength(2);
    const logged = error.mock.calls.map(([text]) => String(text));
    error.mockRestore();
    expect(logged).toContainEqual(expect.stringContaining('thrown on purpose'));
    expect(logged).toContainEqual(expect.stringContaining('rejected on purpose'));
  });

  it('carries 7,999 bytes and refuses one more', async () => {
    const inbox = new Inbox();
    await here.subscribe<Message>(topic, inbox.take);
    const frame = JSON.stringify({ n: 1, text: '' }).length;
    const largest = { n: 1, text: 'x'.repeat(7_999 - frame) };
    await there.publish(topic, largest);
    await expect(inbox.has(1)).resolves.toEqual([largest]);
    await expect(there.publish(topic, { ...largest, text: `${largest.text}x` })).rejects.toThrow(
      /8000 bytes, 7999 are allowed/,
    );
  });

  it.each(['', 'Upper', 'a b', 'x"; DROP'])('refuses %p as a topic', async (bad) => {
    await expect(here.publish(bad, {})).rejects.toThrow(RangeError);
    await expect(here.subscribe(bad, () => undefined)).rejects.toThrow(RangeError);
  });

  describe('when the server cannot be reached', () => {
    let proxy: TcpProxy;
    let remote: PubSub;

    beforeEach(async () => {
      proxy = await TcpProxy.start(url);
      remote = await open(proxy.url);
    });
    afterEach(() => proxy.stop());

    it.each(['cut', 'freeze'] as const)(
      'tells subscribers (%s), and again when messages flow',
      async (fault) => {
        const inbox = new Inbox();
        const lost = Promise.withResolvers<void>();
        const resynced = Promise.withResolvers<void>();
        const subscription = await remote.subscribe<Message>(topic, inbox.take, {
          onLost: lost.resolve,
          onResync: resynced.resolve,
        });
        proxy[fault]();
        await lost.promise;
        expect(subscription.active).toBe(false);
        await here.publish(topic, { n: 1 });
        proxy.restore();
        await resynced.promise;
        expect(subscription.active).toBe(true);
        await here.publish(topic, { n: 2 });
        await inbox.has(1);
        // What was sent in between is gone, not late.
        expect(inbox.received).toEqual([{ n: 2 }]);
      },
    );

    it('accepts a subscription, which comes into force when the server is back', async () => {
      const resynced = Promise.withResolvers<void>();
      const inbox = new Inbox();
      proxy.cut();
      const subscription = await remote.subscribe<Message>(topic, inbox.take, { onResync: resynced.resolve });
      expect(subscription.active).toBe(false);
      proxy.restore();
      await resynced.promise;
      await here.publish(topic, { n: 1 });
      await expect(inbox.has(1)).resolves.toEqual([{ n: 1 }]);
    });

    it('tells the publisher', async () => {
      proxy.cut();
      await expect(remote.publish(topic, { n: 1 })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    });

    it('lets the publisher publish again when it is back', async () => {
      const inbox = new Inbox();
      await here.subscribe<Message>(topic, inbox.take);
      proxy.cut();
      await remote.publish(topic, { n: 1 }).catch(() => undefined);
      proxy.restore();
      while (inbox.received.length === 0) {
        await remote.publish(topic, { n: 2 }).catch(() => undefined);
        await setTimeout(20);
      }
      expect(inbox.received[0]).toEqual({ n: 2 });
    });
  });
}
