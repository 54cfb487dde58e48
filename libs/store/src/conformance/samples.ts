import {
  type AgentProfile,
  type DeadLetter,
  type Hop,
  newId,
  type RoutingDecision,
  type UnstoredMessage,
} from '@parley/shared-models';
import type { Accepted, AcceptInput, OutboxEntry, ReplyInput, Store } from '../store.ts';

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

export function anInput(fields: Partial<UnstoredMessage> = {}, ownerId = 'ada'): AcceptInput {
  return { message: aMessage(fields), ownerId };
}

export async function accepted(
  store: Store,
  fields: Partial<UnstoredMessage> = {},
): Promise<Accepted['message']> {
  return (await store.accept(anInput(fields))).message;
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

/** A message that was accepted, published and routed to the agent. */
export async function routed(
  store: Store,
  agentId = 'finance',
  fields: Partial<UnstoredMessage> = {},
): Promise<Accepted['message']> {
  const message = await accepted(store, fields);
  await store.recordRouting(message.id, 0, aDecision(agentId), hops('server', 'broker'));
  return message;
}

export function aReply(
  request: { readonly id: string; readonly conversationId: string },
  agentId = 'finance',
  fields: Partial<UnstoredMessage> = {},
): ReplyInput {
  return {
    requestId: request.id,
    agentId,
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

export const aFailure = (requestId: string, status: 'failed' | 'dead_lettered' = 'failed') =>
  ({
    requestId,
    status,
    error: { code: 'no_agent_online', message: 'No agent is online.' },
    hops: hops('server', 'broker'),
  }) as const;

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
