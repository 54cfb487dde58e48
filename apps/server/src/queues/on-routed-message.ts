import { type Envelope, Reject } from '@parley/messaging';
import {
  agentQueue,
  appendHop,
  decodeRouting,
  encodeRouting,
  HEADERS,
  ParleyError,
  parseHops,
  type RoutingDecision,
} from '@parley/shared-models';
import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';
import { integerHeader, stringHeader } from './parse-body.ts';

/**
 * `chat.message` from the broker: records who shall answer and hands the message on to that agent's queue. The body
 * passes unread. Handed out again, the first decision stands.
 */
export async function onRoutedMessage(
  envelope: Envelope,
  services: ServerServices,
  onDelivered: (messageId: string) => void,
): Promise<void> {
  const { store, bus, hub, logger } = services;
  const hopsHeader = appendHop(stringHeader(envelope, HEADERS.hops), 'server');
  const hops = parseHops(hopsHeader);
  const attempt = integerHeader(envelope, HEADERS.attempt);
  const route = await store.recordRouting(envelope.messageId, attempt, decisionOf(envelope), hops);
  if (!('decision' in route)) {
    logger.debug(
      { messageId: envelope.messageId, outcome: route.outcome },
      'a routed message needs no delivery any more',
    );
    return;
  }

  const { decision } = route;
  const conversationId = stringHeader(envelope, HEADERS.conversation) ?? '';
  const tell = (status: 'routed' | 'delivered'): void =>
    hub.broadcast(conversationId, {
      type: 'message.status',
      messageId: envelope.messageId,
      conversationId,
      status,
      routing: decision,
      hops,
    });
  tell('routed');
  try {
    await bus.publish(agentQueue(decision.agentId), {
      ...envelope,
      headers: {
        ...envelope.headers,
        [HEADERS.hops]: hopsHeader,
        [HEADERS.receiver]: `agent:${decision.agentId}`,
        [HEADERS.routing]: encodeRouting(decision),
      },
    });
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'queue_missing') throw error;
    await onMissingQueue(envelope, decision, services);
    return;
  }
  onDelivered(envelope.messageId);
  tell('delivered');
}

/** The agent was taken off the list between the decision and now: decide again. */
async function onMissingQueue(
  envelope: Envelope,
  decision: RoutingDecision,
  services: ServerServices,
): Promise<void> {
  const entry = await services.store.reopen(envelope.messageId, decision.agentId);
  if (entry === undefined) return;
  if (entry.attempt <= MAX_ATTEMPTS) {
    services.relay.send(entry);
    return;
  }
  await endRequest(services, {
    requestId: envelope.messageId,
    status: 'failed',
    error: { code: 'agent_offline', message: `${decision.agentName} went away before it got your message.` },
    hops: parseHops(stringHeader(envelope, HEADERS.hops)),
  });
}

/** Agents that vanish one after another end somewhere. */
const MAX_ATTEMPTS = 10;

function decisionOf(envelope: Envelope): RoutingDecision {
  const header = stringHeader(envelope, HEADERS.routing);
  if (header === undefined)
    throw new Reject('malformed_message', 'the broker gave no decision: the header "routing" is missing');
  try {
    return decodeRouting(header);
  } catch (cause) {
    throw new Reject('malformed_message', 'the header "routing" is no decision', { cause });
  }
}
