import type { OutboxEntry } from '@parley/requests';
import { aRouting, aSubmission } from '@parley/requests/testing';
import {
  type AgentProfile,
  type ChatMessage,
  type DeadLetter,
  newId,
  type UnstoredMessage,
} from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { route, submit } from '../testing/apply.ts';

export const now = (): string => new Date().toISOString();

/** Times of the store count milliseconds: waits until the next one has begun. */
export async function nextMillisecond(): Promise<void> {
  const begun = Date.now();
  while (Date.now() <= begun + 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A request that waits in the outbox. */
export async function submitted(store: Store, fields: Partial<UnstoredMessage> = {}): Promise<ChatMessage> {
  const { message } = await submit(store, aSubmission(fields));
  if (message === undefined) throw new Error('the message is not stored');
  return message;
}

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
