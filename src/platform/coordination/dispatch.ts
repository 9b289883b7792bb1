import { Logger } from '@nestjs/common';
import { decodeMessage } from './message.js';
import type { PubSubHandler } from './pubsub.js';

const logger = new Logger('PubSub');

/** Hands one message to one handler; nothing that goes wrong in there comes out. */
export function dispatch(topic: string, text: string, handler: PubSubHandler<never>): void {
  const payload = decodeMessage(text);
  if (!payload) {
    logger.warn(`A message on ${topic} was dropped: it is not a JSON object.`);
    return;
  }
  const failed = (error: unknown): void =>
    logger.error(`A handler of ${topic} failed: ${error instanceof Error ? error.stack : String(error)}`);
  try {
    Promise.resolve(handler(payload as never)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Runs a callback of a subscriber; a fault of it is logged. */
export function notifySubscriber(topic: string, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    logger.error(`A subscriber of ${topic} failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}
