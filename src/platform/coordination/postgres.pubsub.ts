import type { Database } from '../database/index.js';
import type { PostgresListener } from '../database/coordination/index.js';
import { dispatch } from './dispatch.js';
import { encodeMessage } from './message.js';
import { assertName } from './names.js';
import { PubSub, type PubSubHandler, type Subscription, type SubscriptionEvents } from './pubsub.js';

const channelOf = (topic: string): string => `arcana:${topic}`;

/** Messages as NOTIFY on one channel per topic: sent over the pool, received on the listener's own connection. */
export class PostgresPubSub extends PubSub {
  readonly #subscriptions = new Set<Subscription>();

  constructor(
    private readonly database: Database,
    private readonly listener: PostgresListener,
  ) {
    super();
  }

  async publish(topic: string, payload: object): Promise<void> {
    assertName('topic', topic);
    const message = encodeMessage(topic, payload);
    await this.database.read((manager) =>
      manager.query('SELECT pg_notify($1, $2)', [channelOf(topic), message]),
    );
  }

  /** One transaction: each costs PostgreSQL a commit of its own, and a flush of its log to the disk. */
  override async publishAll(topic: string, payloads: readonly object[]): Promise<void> {
    assertName('topic', topic);
    const messages = payloads.map((payload) => encodeMessage(topic, payload));
    await this.database.read((manager) =>
      manager.query('SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message', [
        channelOf(topic),
        messages,
      ]),
    );
  }

  async subscribe<T extends object>(
    topic: string,
    handler: PubSubHandler<T>,
    events: SubscriptionEvents = {},
  ): Promise<Subscription> {
    assertName('topic', topic);
    const listening = await this.listener.listen(channelOf(topic), {
      onMessage: (text) => dispatch(topic, text, handler),
      onLost: () => events.onLost?.(),
      onResync: () => events.onResync?.(),
    });
    const subscription: Subscription = {
      get active() {
        return listening.active;
      },
      close: () => {
        this.#subscriptions.delete(subscription);
        return listening.close();
      },
    };
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
  }
}
