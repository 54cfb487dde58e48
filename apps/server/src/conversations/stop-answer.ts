import { agentSignalKey, isTerminal, type MessageStatus } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import { endRequest } from './end-request.ts';

/** The agent has this long to stop by itself and hand in what it has written. */
const STOP_MS = 1500;

/** Stops the answer to a message: the agent that writes it is told, and what does not end by itself is ended. */
export async function stopAnswer(services: ServerServices, status: MessageStatus): Promise<void> {
  if (isTerminal(status.status)) return;
  const { messageId, routing, hops } = status;
  if (routing !== undefined) {
    const body = Buffer.from(JSON.stringify({ messageId }));
    services.bus.signal({ type: 'chat.cancel', key: agentSignalKey(routing.agentId), body });
    await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  }
  await endRequest(services, {
    requestId: messageId,
    status: 'failed',
    error: { code: 'cancelled', message: 'You stopped the answer.' },
    hops,
  });
}
