import type { Died, Failed, OutboxEntry, Replied, Submitted } from '@parley/requests';
import {
  type AgentProfile,
  type ChatMessage,
  type DeadLetter,
  type Hop,
  newId,
  type RoutingDecision,
  type UnstoredMessage,
} from '@parley/shared-models';
import type { Store } from '../store.ts';
import { route, speaker, submit } from '../testing/apply.ts';

export const now = (): string => new Date().toISOString();

/** Times of the store count milliseconds: waits until the next one has begun. */
export async function nextMillisecond(): Promise<void> {
  const begun = Date.now();
  while (Date.now() <= begun + 1) await new Promise((resolve) => setImmediate(resolve));
}

export function aMessage(fields: Partial<UnstoredMessage> = {}): UnstoredMessage {
  return {
    id: newId(),
    conversationId: newId(),
    kind: 'TEXT',
    sender: { kind: 'user', id: 'ada', name: 'Ada' },
    text: 'What is left of my budget?',
    createdAt: now(),
    ...fields,
  };
}

export function aSubmission(fields: Partial<UnstoredMessage> = {}, ownerId = 'ada'): Omit<Submitted, 'type'> {
  return { message: aMessage(fields), ownerId };
}

/** A request that waits in the outbox. */
export async function submitted(store: Store, fields: Partial<UnstoredMessage> = {}): Promise<ChatMessage> {
  const { message } = await submit(store, aSubmission(fields));
  if (message === undefined) throw new Error('the message is not stored');
  return message;
}

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

export const hops = (...services: string[]): Hop[] =>
  services.map((service, index) => ({ service, at: new Date(1_767_225_600_000 + index).toISOString() }));

/** A request that the agent has. */
export async function routed(
  store: Store,
  agentId = 'finance',
  fields: Partial<UnstoredMessage> = {},
): Promise<ChatMessage> {
  const message = await submitted(store, fields);
  await route(store, aRouting(message.id, agentId));
  return message;
}

export const aRouting = (requestId: string, agentId = 'finance', attempt = 0) => ({
  requestId,
  attempt,
  decision: aDecision(agentId),
  hops: hops('server', 'broker'),
});

export function aReply(
  request: { readonly id: string; readonly conversationId: string },
  agentId = 'finance',
  fields: Partial<UnstoredMessage> = {},
): Omit<Replied, 'type'> {
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
      createdAt: now(),
      ...fields,
    },
  };
}

const error = { code: 'no_agent_online', message: 'No agent is online.' } as const;

/** @param agentId that gives up. @default the broker finds nobody */
export function aFailure(requestId: string, agentId?: string): Omit<Failed, 'type'> {
  const from = agentId === undefined ? undefined : speaker(agentId);
  return { requestId, error, from, hops: hops('server', 'broker') };
}

/** @param agentId in whose queue it lay. @default it was on its way to the broker */
export function aDeath(requestId: string, agentId?: string): Omit<Died, 'type'> {
  const where = agentId === undefined ? 'unrouted' : { agentId };
  return { requestId, error, where, hops: hops('server', 'broker') };
}

export function aProfile(name = 'Finance'): AgentProfile {
  return {
    name,
    group: name.toLowerCase(),
    description: 'Budgets',
    capabilities: ['money'],
    keywords: ['budget'],
    examples: [],
    concurrency: 4,
  };
}

export function aLetter(fields: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: newId(),
    messageId: newId(),
    queue: 'agent_queue_finance',
    reason: 'delivery_limit',
    message: 'It was handed out too often.',
    type: 'chat.message',
    headers: { attempt: 0, sender: 'user:ada' },
    body: '{"text":"hello"}',
    isBase64: false,
    diedAt: now(),
    state: 'dead',
    ...fields,
  };
}

/** The outbox entry of this message; looks at all of the outbox, with leases that end at once. */
export async function entryOf(store: Store, messageId: string): Promise<OutboxEntry | undefined> {
  const entries = await store.takeOutbox({ limit: 100_000, olderThanMs: 0, leaseMs: 0 });
  return entries.find(({ message }) => message.id === messageId);
}

export const statusOf = async (store: Store, messageId: string) =>
  (await store.getMessage(messageId))?.status;
