import { type Hop, newId, type RoutingDecision, type UnstoredMessage } from '@parley/shared-models';
import type { Died, Failed, Replied, Routed, Speaker, Submitted } from '../src/events.ts';

// Events of a request as they come most of the time; each without its type, so that tests can name it.

type Of<Event> = Omit<Event, 'type'>;

export function aMessage(fields: Partial<UnstoredMessage> = {}): UnstoredMessage {
  return {
    id: newId(),
    conversationId: newId(),
    kind: 'TEXT',
    sender: { kind: 'user', id: 'ada', name: 'Ada' },
    text: 'What is left of my budget?',
    createdAt: new Date().toISOString(),
    ...fields,
  };
}

export function aSubmission(fields: Partial<UnstoredMessage> = {}, ownerId = 'ada'): Of<Submitted> {
  return { message: aMessage(fields), ownerId };
}

export const hops = (...services: string[]): Hop[] =>
  services.map((service, index) => ({ service, at: new Date(1_767_225_600_000 + index).toISOString() }));

export function aDecision(agentId = 'finance'): RoutingDecision {
  return {
    agentId,
    agentName: agentId,
    strategy: 'keywords',
    confidence: 0.92,
    reason: 'keyword "budget"',
    candidates: [{ agentId, agentName: agentId, confidence: 0.92 }],
  };
}

export const aRouting = (requestId: string, agentId = 'finance', attempt = 0): Of<Routed> => ({
  requestId,
  attempt,
  decision: aDecision(agentId),
  hops: hops('server', 'broker'),
});

/** An agent that speaks for itself, and for its siblings where some are named. */
export const speaker = (agentId: string, siblings: readonly string[] = []): Speaker => ({
  agentId,
  isReplaced: false,
  isSiblingOf: (other) => siblings.includes(other),
});

export function aReply(
  request: { readonly id: string; readonly conversationId: string },
  agentId = 'finance',
  fields: Partial<UnstoredMessage> = {},
): Of<Replied> {
  return {
    requestId: request.id,
    from: speaker(agentId),
    hops: hops('server', 'broker', `agent:${agentId}`),
    reply: {
      id: newId(),
      conversationId: request.conversationId,
      kind: 'REPLY',
      sender: { kind: 'agent', id: agentId, name: agentId },
      text: 'You have 1,200 € left.',
      inReplyTo: request.id,
      createdAt: new Date().toISOString(),
      ...fields,
    },
  };
}

const error = { code: 'no_agent_online', message: 'No agent is online.' } as const;

/** @param agentId that gives up. @default the broker finds nobody */
export function aFailure(requestId: string, agentId?: string): Of<Failed> {
  const from = agentId === undefined ? undefined : speaker(agentId);
  return { requestId, error, from, hops: hops('server', 'broker') };
}

/** @param agentId the agent in whose queue it lay. @default it was on its way to the broker */
export function aDeath(requestId: string, agentId?: string): Of<Died> {
  const where = agentId === undefined ? 'unrouted' : { agentId };
  return { requestId, error, where, hops: hops('server', 'broker') };
}
