import {
  BROKER_INPUT_QUEUE,
  DEAD_LETTER_QUEUE,
  type QueueName,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import type { QueueOptions } from './message-bus.ts';

/**
 * A message that was handed out this often without being finished is a dead letter. High enough that the crashes
 * of a bad hour do not kill innocent messages that lay in a consumer's hand, low enough to end a crash loop.
 */
export const DELIVERY_LIMIT = 20;

/** A message that was handed out this often without being finished is handed out alone, so that it takes nobody along. */
export const ALONE_FROM = 3;

/**
 * Queues on which one message may carry several (see batch.ts). Not those of agents: there each delivery is a piece of work,
 * and the prefetch bounds how many an agent has in hand.
 */
export const BATCHED_QUEUES: ReadonlySet<string> = new Set([BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE]);

/** The queues that every process may take for granted. Agents' queues come and go with the agents. */
export const PERMANENT_QUEUES: Readonly<Record<string, QueueOptions>> = {
  // One broker decides at a time, the others are hot spares: order is kept.
  [BROKER_INPUT_QUEUE]: { singleActiveConsumer: true },
  [SERVER_INPUT_QUEUE]: {},
  [DEAD_LETTER_QUEUE]: {},
} satisfies Partial<Record<QueueName, QueueOptions>>;

/** Direct exchange for signals; each subscriber's exclusive queue is bound by key. */
export const SIGNAL_EXCHANGE = 'signals';
/** Fanout exchange that leads to `dead_letter_queue`. */
export const DEAD_LETTER_EXCHANGE = 'dead_letters';
/** Topic exchange for the named channels. */
export const CHANNELS_EXCHANGE = 'channels';
