import type {
  ChatMessage,
  Hop,
  MessageStatus,
  RoutingDecision,
  SessionHint,
  Target,
} from '@parley/shared-models';
import type { OutboxEntry } from '../store.ts';
import type { RequestRow } from './workspace.ts';

/**
 * The row as those who follow the message see it. What was stored as JSON was checked before it was stored.
 * @param hops those of the row, where they are at hand; empty ones count as not at hand
 */
export function statusOf(row: RequestRow, hops: readonly Hop[] = []): MessageStatus {
  return {
    messageId: row.messageId,
    conversationId: row.conversationId,
    status: row.state,
    ...(row.routing === undefined ? {} : { routing: decisionOf(row.routing) }),
    hops: hops.length > 0 ? [...hops] : (JSON.parse(row.hops) as Hop[]),
    ...(row.error === undefined ? {} : { error: JSON.parse(row.error) as MessageStatus['error'] & object }),
  };
}

export function decisionOf(routing: string): RoutingDecision {
  return JSON.parse(routing) as RoutingDecision;
}

export function hintOf(session: string): SessionHint {
  return JSON.parse(session) as SessionHint;
}

export function outboxEntryOf(
  message: ChatMessage,
  row: Pick<RequestRow, 'target' | 'session' | 'attempt' | 'hops'>,
): OutboxEntry {
  return {
    message,
    ...(row.target === undefined ? {} : { target: JSON.parse(row.target) as Target }),
    ...(row.session === undefined ? {} : { session: hintOf(row.session) }),
    attempt: row.attempt,
    ...(row.attempt === 0 ? {} : { hops: JSON.parse(row.hops) as Hop[] }),
  };
}

/** Where a message has been, as far as is known: a report without hops tells nothing new. */
export function hopsAfter(row: RequestRow, hops: readonly Hop[]): string {
  return hops.length === 0 ? row.hops : JSON.stringify(hops);
}
