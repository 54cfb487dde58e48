import { type Envelope, Reject } from '@parley/messaging';
import {
  agentQueue,
  appendHop,
  decodeRouting,
  decodeSessionHint,
  encodeRouting,
  HEADERS,
  ParleyError,
  parseHops,
  type RoutingDecision,
  type SessionHint,
  traceIdOf,
} from '@parley/shared-models';
import type { ProfileLookup } from '../agents/profile-lookup.ts';
import type { ServerServices } from '../server-services.ts';
import { integerHeader, stringHeader } from './envelope-headers.ts';
import { partnerOf } from './partner-of.ts';
import { routeAgain } from './route-again.ts';

/**
 * `chat.message` from the broker: records who shall answer and hands the message on to that agent's queue. The body
 * passes unread. Handed out again, the first decision stands.
 */
export async function onRoutedMessage(
  envelope: Envelope,
  services: ServerServices,
  parts: { profileOf: ProfileLookup; onDelivered: (messageId: string) => void },
): Promise<void> {
  const { store, bus, hub, sessionGate, logger, config } = services;
  const chosen = decisionOf(envelope);
  const hopsHeader = appendHop(stringHeader(envelope, HEADERS.hops), 'server');
  const hops = parseHops(hopsHeader);
  const attempt = integerHeader(envelope, HEADERS.attempt);
  const partner = await partnerOf(chosen, hintOf(envelope), parts.profileOf, config.SESSION_TTL_MS);
  const route = await store.recordRouting(envelope.messageId, attempt, chosen, hops, partner);
  sessionGate.settled(envelope.messageId);
  if (!('decision' in route)) {
    logger.debug(
      { messageId: envelope.messageId, traceId: traceIdOf(envelope.headers), outcome: route.outcome },
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
  // At once follows that it was delivered, which says this too; or the queue cannot be reached for a while.
  if (bus.health().state !== 'up') tell('routed');
  if (route.session !== undefined)
    hub.broadcast(conversationId, { type: 'session', conversationId, session: route.session });
  try {
    await bus.publish(agentQueue(decision.agentId), {
      ...envelope,
      headers: {
        ...envelope.headers,
        [HEADERS.hops]: hopsHeader,
        [HEADERS.receiver]: `agent:${decision.agentId}`,
        [HEADERS.routing]: encodeRouting(decision),
        ...incarnationOf(decision.agentId, services),
      },
    });
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'queue_missing') {
      tell('routed');
      throw error;
    }
    // The agent was taken off the list between the decision and now.
    await routeAgain(envelope.messageId, decision.agentId, services);
    return;
  }
  parts.onDelivered(envelope.messageId);
  tell('delivered');
}

/** A process that was replaced, and does not know it yet, leaves the message to the one that replaced it. */
function incarnationOf(agentId: string, { agents }: ServerServices): Record<string, number> {
  const known = agents.get(agentId);
  return known === undefined ? {} : { [HEADERS.incarnation]: known.incarnation };
}

function hintOf(envelope: Envelope): SessionHint | undefined {
  const header = stringHeader(envelope, HEADERS.session);
  if (header === undefined) return undefined;
  try {
    return decodeSessionHint(header);
  } catch (cause) {
    throw new Reject('malformed_message', 'the header "session" is malformed', { cause });
  }
}

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
