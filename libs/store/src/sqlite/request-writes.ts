import type { DatabaseSync } from 'node:sqlite';
import { deriveId, isTerminal, type MessageStatus, type RoutingDecision } from '@parley/shared-models';
import { messageOf, outboxEntryOf, requireSame, statusOf } from '../message-row.ts';
import type {
  Accepted,
  AcceptInput,
  FailInput,
  FailOutcome,
  OutboxEntry,
  ReplyInput,
  ReplyOutcome,
  RouteOutcome,
  Store,
} from '../store.ts';
import type { MessageStatements } from './message-statements.ts';

/** The life of a request, each step as a synchronous function to be run inside a transaction. */
export interface RequestWrites {
  accept(input: AcceptInput): Accepted;
  recordRouting(...args: Parameters<Store['recordRouting']>): RouteOutcome;
  markDelivered(messageIds: readonly string[]): void;
  reopen(messageId: string, agentId: string): OutboxEntry | undefined;
  revive(messageId: string): OutboxEntry | undefined;
  storeReply(input: ReplyInput): ReplyOutcome;
  settle(...args: Parameters<Store['settle']>): MessageStatus | undefined;
  fail(input: FailInput): FailOutcome;
}

export function createRequestWrites(database: DatabaseSync, messages: MessageStatements): RequestWrites {
  const { findMessage, append, addToOutbox } = messages;
  const setRouted = database.prepare(
    "UPDATE messages SET state = 'routed', routing = ?, routed_attempt = ?, hops = ? WHERE id = ?",
  );
  const setDelivered = database.prepare(
    "UPDATE messages SET state = 'delivered' WHERE id = ? AND state = 'routed'",
  );
  const setReopened = database.prepare(
    "UPDATE messages SET state = 'accepted', attempt = attempt + 1, error = NULL WHERE id = ?",
  );
  const setAnswered = database.prepare(
    "UPDATE messages SET state = 'answered', answered_by = ?, hops = ? WHERE id = ?",
  );
  const setFailed = database.prepare('UPDATE messages SET state = ?, error = ?, hops = ? WHERE id = ?');

  const againAs = (messageId: string): OutboxEntry | undefined => {
    setReopened.run(messageId);
    addToOutbox(messageId);
    const row = findMessage(messageId);
    return row === undefined ? undefined : outboxEntryOf(row);
  };

  const currentStatus = (requestId: string): MessageStatus => {
    const row = findMessage(requestId);
    const status = row === undefined ? undefined : statusOf(row);
    if (status === undefined) throw new Error(`the request ${requestId} vanished inside a transaction`);
    return status;
  };

  return {
    accept({ message, ownerId, target }) {
      const known = findMessage(message.id);
      if (known !== undefined) {
        const stored = messageOf(known);
        requireSame(stored, message);
        return { message: stored, isDuplicate: true };
      }
      messages.claimConversation(message, ownerId);
      const stored = append(message, {
        target: target === undefined ? null : JSON.stringify(target),
        hops: '[]',
      });
      addToOutbox(message.id);
      return { message: stored, isDuplicate: false };
    },

    recordRouting(messageId, attempt, decision, hops) {
      const row = findMessage(messageId);
      if (row === undefined || row.state === null) return { outcome: 'unknown' };
      if (isTerminal(row.state) || attempt !== row.attempt) return { outcome: 'settled' };
      if (row.routed_attempt === attempt && row.routing !== null) {
        return { outcome: 'repeated', decision: JSON.parse(row.routing) as RoutingDecision };
      }
      setRouted.run(JSON.stringify(decision), attempt, JSON.stringify(hops), messageId);
      return { outcome: 'routed', decision };
    },

    markDelivered(messageIds) {
      for (const messageId of messageIds) setDelivered.run(messageId);
    },

    reopen(messageId, agentId) {
      const row = findMessage(messageId);
      if (row?.state !== 'routed' && row?.state !== 'delivered') return undefined;
      const routing = row.routing === null ? undefined : (JSON.parse(row.routing) as RoutingDecision);
      return routing?.agentId === agentId ? againAs(messageId) : undefined;
    },

    revive(messageId) {
      return findMessage(messageId)?.state === 'dead_lettered' ? againAs(messageId) : undefined;
    },

    storeReply({ reply, requestId, agentId, hops }) {
      const request = findMessage(requestId);
      if (request === undefined || request.state === null)
        return { outcome: 'refused', reason: 'unknown_request' };
      const known = findMessage(reply.id);
      if (known !== undefined)
        return { outcome: 'duplicate', message: messageOf(known), status: currentStatus(requestId) };
      if (request.state === 'failed' || request.state === 'dead_lettered') {
        return { outcome: 'refused', reason: 'request_ended' };
      }
      if (request.answered_by !== null && request.answered_by !== agentId) {
        return { outcome: 'refused', reason: 'other_agent' };
      }
      const message = append({ ...reply, conversationId: request.conversation_id });
      setAnswered.run(agentId, JSON.stringify(hops), requestId);
      return { outcome: 'stored', message, status: currentStatus(requestId) };
    },

    settle(requestId, agentId, hops) {
      const request = findMessage(requestId);
      if (request === undefined || request.state === null || isTerminal(request.state)) return undefined;
      setAnswered.run(agentId, JSON.stringify(hops), requestId);
      return currentStatus(requestId);
    },

    fail({ requestId, status, error, hops }) {
      const request = findMessage(requestId);
      if (request === undefined || request.state === null) return { outcome: 'unknown' };
      if (isTerminal(request.state)) return { outcome: 'ended' };
      setFailed.run(status, JSON.stringify(error), JSON.stringify(hops), requestId);
      const message = append({
        // A request that is replayed can fail again.
        id: deriveId(requestId, 'error', request.attempt),
        conversationId: request.conversation_id,
        kind: 'ERROR',
        sender: { kind: 'system', id: 'parley', name: 'Parley' },
        receiver: messageOf(request).sender,
        text: error.message,
        inReplyTo: requestId,
        createdAt: new Date().toISOString(),
        metadata: { code: error.code },
      });
      return { outcome: 'failed', message, status: currentStatus(requestId) };
    },
  };
}
