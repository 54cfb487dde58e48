import type { Envelope } from '@parley/messaging';
import { Reject } from '@parley/messaging';
import { agentQueue, appendHop, HEADERS, isTerminal, parseHops, ReplyBody } from '@parley/shared-models';
import { chatEnvelope } from '../outbox/chat-envelope.ts';
import type { ServerServices } from '../server-services.ts';
import { integerHeader, parseBody, stringHeader } from './parse-body.ts';

/** `chat.reply` from an agent: stored once, then shown to who follows the conversation. */
export async function onReply(envelope: Envelope, services: ServerServices): Promise<void> {
  const { store, hub, logger } = services;
  const reply = parseBody(envelope, ReplyBody);
  if (
    reply.sender.kind !== 'agent' ||
    stringHeader(envelope, HEADERS.sender) !== `agent:${reply.sender.id}`
  ) {
    throw new Reject('malformed_message', 'the sender in the headers is not the one in the body');
  }
  const agentId = reply.sender.id;
  if (isStale(agentId, envelope, services)) {
    logger.warn({ agentId, messageId: reply.inReplyTo }, 'a reply of a replaced process was refused');
    await askAgain(reply.inReplyTo, agentId, services);
    return;
  }
  const hops = parseHops(appendHop(stringHeader(envelope, HEADERS.hops), 'server'));
  const result = await store.storeReply({ reply, requestId: reply.inReplyTo, agentId, hops });
  switch (result.outcome) {
    case 'stored':
      hub.deliver(result.message);
      hub.broadcast(reply.conversationId, { type: 'message.status', ...result.status });
      return;
    case 'duplicate':
      logger.debug({ messageId: reply.id }, 'a reply that was stored before was dropped');
      return;
    case 'refused':
      logger.info({ agentId, messageId: reply.inReplyTo, reason: result.reason }, 'a reply was refused');
  }
}

/** Whether another process has registered under the agent's id since the sender did. */
export function isStale(agentId: string, envelope: Envelope, services: ServerServices): boolean {
  const known = services.agents.get(agentId);
  return known !== undefined && integerHeader(envelope, HEADERS.incarnation) < known.incarnation;
}

/** The replaced process has taken the request out of the queue: the one that replaced it shall have it. */
async function askAgain(requestId: string, agentId: string, services: ServerServices): Promise<void> {
  const found = await services.store.getMessage(requestId);
  if (found?.status === undefined || isTerminal(found.status.status)) return;
  if (found.status.routing?.agentId !== agentId) return;
  await services.bus.publish(agentQueue(agentId), chatEnvelope({ message: found.message, attempt: 0 }));
}
