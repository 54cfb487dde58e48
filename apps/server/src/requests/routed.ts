import { type Envelope, Reject } from '@parley/messaging';
import type { ChosenAgent } from '@parley/requests';
import {
  agentQueue,
  appendHop,
  CAPABILITIES,
  decodeRouting,
  decodeSessionHint,
  HEADERS,
  ParleyError,
  parseHops,
  type RoutingDecision,
  type SessionHint,
  traceIdOf,
} from '@parley/shared-models';
import type { ProfileLookup } from '../agents/profile-lookup.ts';
import { applyEvent, type HandOver, type RequestServices } from './apply-event.ts';
import { decodedHeader, integerHeader, stringHeader } from './queue-headers.ts';

/**
 * `chat.message` from the broker: records who shall answer and hands the message on to that agent's queue. The body
 * passes unread. Handed out again, the first decision stands.
 * @param sessionTtlMs how long a session lasts without a message, in milliseconds
 */
export async function onRouted(
  envelope: Envelope,
  services: RequestServices,
  { profileOf, sessionTtlMs }: { profileOf: ProfileLookup; sessionTtlMs: number },
): Promise<void> {
  const requestId = envelope.messageId;
  const decision = decodedHeader(envelope, HEADERS.routing, decodeRouting);
  if (decision === undefined)
    throw new Reject('malformed_message', 'the broker gave no decision: the header "routing" is missing');
  const hint = decodedHeader(envelope, HEADERS.session, decodeSessionHint);
  const hops = appendHop(stringHeader(envelope, HEADERS.hops), 'server');
  const event = {
    type: 'routed',
    requestId,
    attempt: integerHeader(envelope, HEADERS.attempt),
    decision,
    hops: parseHops(hops),
    chosen: await chosenAgent(decision, hint, profileOf, sessionTtlMs),
  } as const;
  const traceId = traceIdOf(envelope.headers);
  await applyEvent(services, event, { traceId, handOver: handingOver(envelope, hops, services) });
}

/** Undefined where the message's own hint tells that nothing changes, so that most messages cost the store nothing more. */
async function chosenAgent(
  { agentId, agentName }: RoutingDecision,
  hint: SessionHint | undefined,
  profileOf: ProfileLookup,
  sessionTtlMs: number,
): Promise<ChosenAgent | undefined> {
  if (hint?.isEnding) return undefined;
  const profile = await profileOf(agentId);
  if (profile === undefined) return undefined;
  const holdsSession = profile.capabilities.includes(CAPABILITIES.holdsSession);
  const isSame = hint?.agentId === agentId && hint.agentName === agentName;
  if (isSame && hint.isHeld === holdsSession) return undefined;
  return { group: profile.group, holdsSession, sessionTtlMs };
}

function handingOver(envelope: Envelope, hops: string, services: RequestServices): HandOver {
  const { bus, hub, agents } = services;
  return async (status) => {
    const { routing, conversationId } = status;
    const { agentId } = routing;
    const tell = (state: 'routed' | 'delivered'): void =>
      hub.broadcast(conversationId, { type: 'message.status', ...status, status: state });
    // At once follows that it was delivered, which says this too; or the queue cannot be reached for a while.
    if (bus.health().state !== 'up') tell('routed');
    // A process that was replaced, and does not know it yet, leaves the message to the one that replaced it.
    const incarnation = agents.get(agentId)?.incarnation;
    const { [HEADERS.routing]: _decision, ...read } = envelope.headers;
    const headers = {
      ...read,
      [HEADERS.hops]: hops,
      [HEADERS.receiver]: `agent:${agentId}`,
      ...(incarnation === undefined ? {} : { [HEADERS.incarnation]: incarnation }),
    };
    try {
      // Handed out again after a power cut, the message is handed over again.
      await bus.publish(agentQueue(agentId), { ...envelope, headers }, { followsDelivery: true });
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'queue_missing') {
        tell('routed');
        throw error;
      }
      // The agent was taken off the list between the decision and now.
      await applyEvent(services, { type: 'agent-gone', requestId: envelope.messageId, agentId });
      return;
    }
    tell('delivered');
  };
}
