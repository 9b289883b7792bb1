/** Called with each message, in the order of arrival; a fault of it is logged and costs nobody else the message. */
export type PubSubHandler<T extends object> = (payload: T) => void | Promise<void>;

export interface SubscriptionEvents {
  /** From now on messages may be missed: who relies on them (a cache) does without until `onResync`. */
  onLost?(): void;
  /** Messages arrive again. What was published in between is gone: read anew what they told about. */
  onResync?(): void;
}

export interface Subscription {
  /** Whether messages arrive at this moment, as far as is known. */
  readonly active: boolean;
  close(): Promise<void>;
}

/**
 * Port: a message to every process that subscribes at this moment. Nothing is stored: what must not be lost goes
 * through the outbox. Topics are names such as `job.cancelled`; payloads are small plain objects that carry ids.
 */
export abstract class PubSub {
  /**
   * @throws RangeError for a payload of more than 7,999 bytes of JSON, SERVICE_UNAVAILABLE when the message cannot be
   *   sent now
   */
  abstract publish(topic: string, payload: object): Promise<void>;

  /**
   * Several messages in their order, at the price of one where the server allows it. When it fails, any of them may have
   * been sent. Errors as above; of messages that are alike, one may be heard alone.
   */
  async publishAll(topic: string, payloads: readonly object[]): Promise<void> {
    for (const payload of payloads) await this.publish(topic, payload);
  }

  /**
   * When the answer comes the subscription is in force; or, where the server is away, `active` is false and `onResync`
   * tells when it came into force.
   */
  abstract subscribe<T extends object>(
    topic: string,
    handler: PubSubHandler<T>,
    events?: SubscriptionEvents,
  ): Promise<Subscription>;

  /** Ends every subscription. */
  abstract close(): Promise<void>;
}
