import { translateRedisError, type Redis, type RedisClients } from '../redis/index.js';
import { dispatch, notifySubscriber } from './dispatch.js';
import { encodeMessage } from './message.js';
import { assertName } from './names.js';
import { PubSub, type PubSubHandler, type Subscription, type SubscriptionEvents } from './pubsub.js';

const PREFIX = 'arcana:pubsub:';
const FIRST_CONNECT_MS = 5_000;
const CLOSE_MS = 1_000;

class Subscriber {
  active = false;
  /** Whether the caller of `subscribe` has been answered: what begins later is news. */
  announced = false;

  constructor(
    readonly handler: PubSubHandler<never>,
    readonly events: SubscriptionEvents,
  ) {}
}

/** Messages through Redis channels: sent by the producer, received on one subscriber connection. */
export class RedisPubSub extends PubSub {
  readonly #topics = new Map<string, Set<Subscriber>>();
  #client: Redis | undefined;
  /** Resolves when it is known whether the server can be reached. */
  #firstAttempt: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly clients: RedisClients) {
    super();
  }

  async publish(topic: string, payload: object): Promise<void> {
    assertName('topic', topic);
    const message = encodeMessage(topic, payload);
    try {
      await this.clients.requireReady().publish(PREFIX + topic, message);
    } catch (error) {
      throw translateRedisError(error);
    }
  }

  async subscribe<T extends object>(
    topic: string,
    handler: PubSubHandler<T>,
    events: SubscriptionEvents = {},
  ): Promise<Subscription> {
    assertName('topic', topic);
    if (this.#closed) throw new Error('This PubSub is closed.');
    const subscriber = new Subscriber(handler, events);
    const subscribers = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, subscribers.add(subscriber));
    this.#client ??= this.#connect();
    await this.#firstAttempt;
    if (this.#client.status === 'ready') await this.#putInForce(this.#client, [topic]);
    subscriber.announced = true;
    return {
      get active() {
        return subscriber.active;
      },
      close: async () => {
        subscriber.active = false;
        subscribers.delete(subscriber);
        if (subscribers.size > 0 || this.#topics.get(topic) !== subscribers) return;
        this.#topics.delete(topic);
        if (this.#client?.status === 'ready')
          await this.#client.unsubscribe(PREFIX + topic).catch(() => undefined);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#topics.clear();
    if (this.#client) await this.clients.closeClient(this.#client, CLOSE_MS);
  }

  #connect(): Redis {
    const client = this.clients.subscriber();
    this.#firstAttempt = new Promise((resolve) => {
      client.once('ready', resolve);
      client.once('close', resolve);
      setTimeout(resolve, FIRST_CONNECT_MS).unref();
    });
    client.on('ready', () => void this.#putInForce(client, [...this.#topics.keys()]));
    client.on('close', () => this.#lose());
    client.on('message', (channel: string, text: string) => {
      const topic = channel.slice(PREFIX.length);
      for (const subscriber of this.#topics.get(topic) ?? []) {
        if (subscriber.active) dispatch(topic, text, subscriber.handler);
      }
    });
    return client;
  }

  /** Subscribes on the server (again: harmless); resolves when it said so, or when the connection was lost first. */
  async #putInForce(client: Redis, topics: string[]): Promise<void> {
    if (topics.length === 0) return;
    const lost = Promise.withResolvers<false>();
    const onClose = (): void => lost.resolve(false);
    client.once('close', onClose);
    const subscribed = client.subscribe(...topics.map((topic) => PREFIX + topic)).then(
      () => true,
      () => false,
    );
    const inForce = await Promise.race([subscribed, lost.promise]);
    client.off('close', onClose);
    if (!inForce) return;
    for (const topic of topics) {
      for (const subscriber of this.#topics.get(topic) ?? []) this.#activate(topic, subscriber);
    }
  }

  #activate(topic: string, subscriber: Subscriber): void {
    if (subscriber.active) return;
    subscriber.active = true;
    if (subscriber.announced) notifySubscriber(topic, () => subscriber.events.onResync?.());
  }

  #lose(): void {
    for (const [topic, subscribers] of this.#topics) {
      for (const subscriber of subscribers) {
        if (!subscriber.active) continue;
        subscriber.active = false;
        notifySubscriber(topic, () => subscriber.events.onLost?.());
      }
    }
  }
}
