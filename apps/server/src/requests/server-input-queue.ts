import {
  createConversationLanes,
  type Delivery,
  type Envelope,
  Reject,
  retryWhileUnavailable,
} from '@parley/messaging';
import { ERRORS, HEADERS, Id, ParleyError } from '@parley/shared-models';
import { createProfileLookup } from '../agents/profile-lookup.ts';
import type { ServerServices } from '../server-services.ts';
import { onReply, onSettled } from './answered.ts';
import { onFailed } from './failed.ts';
import { stringHeader } from './queue-headers.ts';
import { onRouted } from './routed.ts';

export interface ServerInputHandler {
  handle(delivery: Delivery): Promise<void>;
  /** Holds nothing any more that waits for the store or the queue: it goes back. */
  abandon(): void;
}

/**
 * Handles `server_input_queue`: what the broker gave a receiver, and what agents answer. Of each conversation one after
 * the other: while the store or the queue is away, what came later must not get through first.
 */
export function createServerInputHandler(services: ServerServices): ServerInputHandler {
  const { logger, config } = services;
  const profileOf = createProfileLookup(services);
  const abandoned = new AbortController();
  const lanes = createConversationLanes();

  const dispatch = async (envelope: Envelope): Promise<void> => {
    switch (envelope.type) {
      case 'chat.message':
        return onRouted(envelope, services, { profileOf, sessionTtlMs: config.SESSION_TTL_MS });
      case 'chat.reply':
        return onReply(envelope, services, profileOf);
      case 'chat.settled':
        return onSettled(envelope, services);
      case 'chat.failed':
        return onFailed(envelope, services);
      default:
        throw new Reject(
          'malformed_message',
          `the property type is ${JSON.stringify(envelope.type.slice(0, 64))}`,
        );
    }
  };

  return {
    async handle(delivery) {
      const messageId = Id.safeParse(delivery.envelope.messageId).data;
      if (messageId === undefined)
        throw new Reject('malformed_message', 'the property messageId is not a UUID');
      const envelope = { ...delivery.envelope, messageId };
      try {
        const isGoingDown = abandoned.signal.aborted;
        await lanes.run(laneOf(envelope), async () => {
          // What it waited for goes back to the queue, and so it must not go before it.
          if (!isGoingDown) abandoned.signal.throwIfAborted();
          await retryWhileUnavailable(() => dispatch(envelope), { signal: abandoned.signal, logger });
        });
      } catch (error) {
        // Handed out again it would fail again, and hold up others meanwhile.
        if (error instanceof ParleyError && !ERRORS[error.code].canRetry)
          throw new Reject(error.code, error.message, { cause: error });
        throw error;
      }
    },
    abandon: () => abandoned.abort(),
  };
}

/** What people ask and what they are answered need not wait for one another: each has an order of its own. */
function laneOf(envelope: Envelope): string {
  const conversationId = stringHeader(envelope, HEADERS.conversation) ?? envelope.messageId;
  return envelope.type === 'chat.message' ? `asked ${conversationId}` : `answered ${conversationId}`;
}
