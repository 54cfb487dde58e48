import { agentSignalKey, type ClientFrameOf, isTerminal, ParleyError } from '@parley/shared-models';
import { endRequest } from '../../conversations/end-request.ts';
import type { FrameHandler } from '../session.ts';

/** The agent has this long to stop by itself and hand in what it has written. */
const STOP_MS = 1500;

/** Stops an answer: the agent that writes it is told, and what does not end by itself is ended. */
export const onMessageCancel: FrameHandler<ClientFrameOf<'message.cancel'>> = async (
  { messageId },
  { services, user },
) => {
  const { store, bus } = services;
  const found = await store.getMessage(messageId);
  if (found === undefined || found.status === undefined) {
    throw new ParleyError('not_found', 'There is no such message that could be stopped.');
  }
  if (found.ownerId !== user.id) throw new ParleyError('forbidden', 'That message belongs to somebody else.');
  const { status } = found;
  if (isTerminal(status.status)) return;
  if (status.routing !== undefined) {
    const body = Buffer.from(JSON.stringify({ messageId }));
    bus.signal({ type: 'chat.cancel', key: agentSignalKey(status.routing.agentId), body });
    await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  }
  await endRequest(services, {
    requestId: messageId,
    status: 'failed',
    error: { code: 'cancelled', message: 'You stopped the answer.' },
    hops: status.hops,
  });
};
