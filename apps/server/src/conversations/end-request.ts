import type { MessageStatus } from '@parley/shared-models';
import type { FailInput } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

/**
 * Ends a request that will not be answered, if it has not ended yet, and tells those who follow how it failed; again,
 * when it had: whoever ended it may have died before it told them. Those who have it get it once.
 * @param traceId of the queue message that brought its end, for the log
 * @returns what is known of how it failed; nothing where it was answered, or goes on
 */
export async function endRequest(
  services: ServerServices,
  failure: FailInput,
  traceId?: string,
): Promise<MessageStatus | undefined> {
  const { store, hub, sessionGate, logger } = services;
  const result = await store.fail(failure);
  sessionGate.settled(failure.requestId);
  const about = { messageId: failure.requestId, traceId };
  if (result.outcome === 'failed')
    logger.info({ ...about, code: failure.error.code }, 'a message will not be answered');
  else
    logger.debug({ ...about, outcome: result.outcome }, 'a request goes on, or had ended, and was not ended');
  if (!('status' in result) || result.status === undefined) return undefined;
  if (result.message !== undefined) hub.deliver(result.message, result.status);
  else hub.broadcast(result.status.conversationId, { type: 'message.status', ...result.status });
  return result.status;
}
