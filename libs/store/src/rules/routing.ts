import { type Hop, isTerminal, type RoutingDecision } from '@parley/shared-models';
import type { OutboxEntry, RouteOutcome } from '../store.ts';
import { decisionOf, hopsAfter, outboxEntryOf } from './request-row.ts';
import type { RequestRow, Workspace, Write } from './workspace.ts';

export function markPublished(messageIds: readonly string[]): Write<void> {
  return {
    keys: { requests: messageIds },
    run(workspace) {
      for (const messageId of messageIds) {
        const row = workspace.request(messageId);
        if (row?.isInOutbox) workspace.saveRequest({ ...row, isInOutbox: false });
      }
    },
  };
}

export function recordRouting(
  messageId: string,
  attempt: number,
  decision: RoutingDecision,
  hops: readonly Hop[],
): Write<RouteOutcome> {
  return {
    keys: { requests: [messageId] },
    run(workspace) {
      const row = workspace.request(messageId);
      if (row === undefined || attempt > row.attempt) return { outcome: 'unknown' };
      if (isTerminal(row.state) || attempt < row.attempt) return { outcome: 'settled' };
      if (row.routing !== undefined) return { outcome: 'repeated', decision: decisionOf(row.routing) };
      workspace.saveRequest({
        ...row,
        state: 'routed',
        agentId: decision.agentId,
        routing: JSON.stringify(decision),
        hops: hopsAfter(row, hops),
        // The broker has had it, whether or not its publisher lived to say so.
        isInOutbox: false,
      });
      return { outcome: 'routed', decision };
    },
  };
}

export function markDelivered(messageIds: readonly string[]): Write<void> {
  return {
    keys: { requests: messageIds },
    run(workspace) {
      for (const messageId of messageIds) {
        const row = workspace.request(messageId);
        if (row?.state === 'routed') workspace.saveRequest({ ...row, state: 'delivered' });
      }
    },
  };
}

export function reopen(messageId: string, agentId: string): Write<OutboxEntry | undefined> {
  return {
    keys: { requests: [messageId], messages: [messageId] },
    run(workspace) {
      const row = workspace.request(messageId);
      if (row === undefined || isTerminal(row.state)) return undefined;
      // A power cut may have undone the decision for this agent after its queue had the message.
      const isLost = row.agentId === undefined && !row.isInOutbox;
      return row.agentId === agentId || isLost ? routeAgain(row, workspace) : undefined;
    },
  };
}

export function revive(messageId: string): Write<OutboxEntry | undefined> {
  return {
    keys: { requests: [messageId], messages: [messageId] },
    run(workspace) {
      const row = workspace.request(messageId);
      return row?.state === 'dead_lettered' ? routeAgain(row, workspace) : undefined;
    },
  };
}

function routeAgain(row: RequestRow, workspace: Workspace): OutboxEntry | undefined {
  const message = workspace.message(row.messageId);
  if (message === undefined) return undefined;
  const next: RequestRow = {
    ...row,
    state: 'accepted',
    attempt: row.attempt + 1,
    agentId: undefined,
    routing: undefined,
    error: undefined,
    isInOutbox: true,
  };
  workspace.saveRequest(next);
  return outboxEntryOf(message, next);
}
