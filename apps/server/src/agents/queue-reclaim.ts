import { type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { agentQueue } from '@parley/shared-models';

const PREFETCH = 50;
/** How often is looked whether anything still waits in the queue that is being emptied. */
const LOOK_MS = 200;

/**
 * Takes the messages that wait in the queue of an agent that did not come back, and has them routed again: to another
 * instance of its group, or to an end with a reason. Returns how many messages went.
 * @param options `routeAgain`: has a message of this agent routed again, and tells whether it was to be. `isGone`: asked again and again: when the agent has come back, the rest is its own
 */
export async function reclaimQueue(
  agentId: string,
  options: {
    bus: MessageBus;
    logger: Logger;
    routeAgain: (messageId: string, agentId: string) => Promise<boolean>;
    isGone: () => boolean;
  },
): Promise<number> {
  const { bus, logger, routeAgain, isGone } = options;
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
      const hasGone = await retryWhileUnavailable(() => routeAgain(envelope.messageId, agentId), {
        signal: ended.signal,
        logger,
      });
      if (hasGone) count += 1;
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
    logger.info({ agentId, messages: count }, 'messages that waited for a gone agent are routed again');
  return count;
}
