import { isTerminal, type MessageStatus } from '@parley/shared-models';
import { tellToStop } from '../queues/other-instance.ts';
import type { ServerServices } from '../server-services.ts';
import { endRequest } from './end-request.ts';

/** The agent has this long to stop by itself and hand in what it has written. */
const STOP_MS = 1500;

/** Stops the answer to a message: the agent that writes it is told, and what does not end by itself is ended. */
export async function stopAnswer(services: ServerServices, found: MessageStatus): Promise<void> {
  if (isTerminal(found.status)) return;
  const { messageId, hops } = found;
  if (found.routing !== undefined) {
    tellToStop(services, found.routing.agentId, messageId);
    await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  }
  const ended = await endRequest(services, {
    requestId: messageId,
    status: 'failed',
    error: { code: 'cancelled', message: 'You stopped the answer.' },
    hops,
  });
  // Whoever has it now may have been given it since, or not have heard: from the end on it is given to nobody.
  if (ended?.routing !== undefined) tellToStop(services, ended.routing.agentId, messageId);
}
