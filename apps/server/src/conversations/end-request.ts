import type { FailInput } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

/**
 * Ends a request that will not be answered, if it has not ended yet, and tells those who follow.
 * @param traceId of the queue message that brought its end, for the log
 */
export async function endRequest(
  services: ServerServices,
  failure: FailInput,
  traceId?: string,
): Promise<void> {
  const { store, hub, sessionGate, logger } = services;
  const result = await store.fail(failure);
  sessionGate.settled(failure.requestId);
  if (result.outcome !== 'failed') {
    logger.debug(
      { messageId: failure.requestId, traceId, outcome: result.outcome },
      'a request that had ended was not ended again',
    );
    return;
  }
  logger.info(
    { messageId: failure.requestId, traceId, code: failure.error.code },
    'a message will not be answered',
  );
  hub.deliver(result.message);
  hub.broadcast(result.message.conversationId, { type: 'message.status', ...result.status });
}
