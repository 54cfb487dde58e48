import { isTerminal, type MessageStatus } from '@parley/shared-models';
import { applyEvent, type RequestServices, tellToStop } from './apply-event.ts';

/** The agent has this long to stop by itself and hand in its text so far. */
const STOP_MS = 1500;

/**
 * Stops the answer to a message: the agent that writes it is told, and an answer that does not end by itself is
 * ended.
 */
export async function stopAnswer(services: RequestServices, found: MessageStatus): Promise<void> {
  if (isTerminal(found.status)) return;
  const { messageId, routing } = found;
  if (routing !== undefined) {
    tellToStop(services, routing.agentId, messageId);
    await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  }
  // Whichever agent has it now may have been given it since, or not have heard: its end cancels it there.
  await applyEvent(services, { type: 'stopped', requestId: messageId });
}
