import { type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { agentQueue } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { OutboxRelay } from '../outbox/outbox-relay.ts';

const PREFETCH = 50;
/** How often is looked whether anything still waits in the queue that is being emptied. */
const LOOK_MS = 200;

/**
 * Takes what waits in the queue of an agent that did not come back, and has it routed again: to another instance of
 * its group, or to an end with a reason. Returns how many messages went.
 * @param isGone asked again and again: when the agent has come back, the rest is its own
 */
export async function reclaimQueue(
  agentId: string,
  options: { bus: MessageBus; store: Store; relay: OutboxRelay; logger: Logger; isGone: () => boolean },
): Promise<number> {
  const { bus, store, relay, logger, isGone } = options;
  const queue = agentQueue(agentId);
  const waiting = async (): Promise<number> => {
    const depth = (await bus.depths()).find(({ name }) => name === queue);
    return depth?.ready ?? 0;
  };
  let count = 0;
  const ended = new AbortController();
  const subscription = await bus.consume(
    queue,
    async ({ envelope }) => {
      const entry = await retryWhileUnavailable(() => store.reopen(envelope.messageId, agentId), {
        signal: ended.signal,
        logger,
      });
      if (entry === undefined) return;
      count += 1;
      relay.send(entry);
    },
    { prefetch: PREFETCH },
  );
  try {
    do await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    while (isGone() && (subscription.inHand > 0 || (await waiting()) > 0));
  } finally {
    ended.abort();
    await subscription.close();
  }
  if (count > 0)
    logger.info({ agentId, messages: count }, 'routed again what waited for an agent that is gone');
  return count;
}
