import {
  type AgentSession,
  type Hop,
  isTerminal,
  lostHop,
  type RoutingDecision,
} from '@parley/shared-models';
import type { OutboxEntry, Partner, PublishedAttempt, RouteOutcome, UnansweredAttempt } from '../store.ts';
import { decisionOf, hintOf, hopsAfter, outboxEntryOf } from './request-row.ts';
import { agentSessionOf, sessionStateOf, stepOnRouting } from './session.ts';
import type { RequestRow, Workspace, Write } from './workspace.ts';

export function markPublished(published: readonly PublishedAttempt[]): Write<void> {
  return {
    keys: { requests: published.map(({ messageId }) => messageId) },
    run(workspace) {
      for (const { messageId, attempt } of published) {
        const row = workspace.request(messageId);
        // Marked late, an attempt says nothing of the one after it, which may be nowhere yet but in the outbox.
        if (row?.isInOutbox && attempt >= row.attempt) workspace.saveRequest({ ...row, isInOutbox: false });
      }
    },
  };
}

export function recordRouting(
  messageId: string,
  attempt: number,
  decision: RoutingDecision,
  hops: readonly Hop[],
  partner?: Partner,
): Write<RouteOutcome> {
  return {
    keys: { requests: [messageId], ...(partner === undefined ? {} : { conversationsOf: [messageId] }) },
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
        routedAt: Date.now(),
        unansweredMs: 0,
      });
      const session = partner === undefined ? undefined : meet(row, decision, partner, workspace);
      return { outcome: 'routed', decision, ...(session === undefined ? {} : { session }) };
    },
  };
}

/** Returns the session, where one was opened or moved. */
function meet(
  row: RequestRow,
  decision: RoutingDecision,
  partner: Partner,
  workspace: Workspace,
): AgentSession | undefined {
  const conversation = workspace.conversation(row.conversationId);
  if (conversation === undefined) return undefined;
  const { session } = conversation;
  const now = Date.now();
  const state = session === undefined ? undefined : sessionStateOf(session);
  const hint = row.session === undefined ? undefined : hintOf(row.session);
  const next = stepOnRouting(state, hint, decision, partner, { seq: row.seq, now });
  if (next === undefined) return undefined;
  workspace.saveSession(row.conversationId, JSON.stringify(next));
  return partner.holdsSession ? agentSessionOf(next, now) : undefined;
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

export function countUnanswered(counts: readonly UnansweredAttempt[]): Write<void> {
  return {
    keys: { requests: counts.map(({ messageId }) => messageId) },
    run(workspace) {
      for (const { messageId, attempt, unansweredMs } of counts) {
        const row = workspace.request(messageId);
        if (row === undefined || isTerminal(row.state) || row.attempt !== attempt) continue;
        workspace.saveRequest({ ...row, unansweredMs });
      }
    },
  };
}

export function reopen(messageId: string, agentId: string): Write<OutboxEntry | undefined> {
  return routingAgain(messageId, (row) => {
    if (isTerminal(row.state)) return false;
    // A power cut may have undone the decision for this agent after its queue had the message.
    const isLost = row.agentId === undefined && !row.isInOutbox;
    return row.agentId === agentId || isLost;
  });
}

export function revive(messageId: string): Write<OutboxEntry | undefined> {
  return routingAgain(messageId, (row) => row.state === 'dead_lettered');
}

function routingAgain(
  messageId: string,
  isDue: (row: RequestRow) => boolean,
): Write<OutboxEntry | undefined> {
  let entry: OutboxEntry | undefined;
  return {
    keys: { requests: [messageId], messages: [messageId] },
    undone() {
      entry = undefined;
    },
    run(workspace) {
      const row = workspace.request(messageId);
      if (row === undefined) return undefined;
      // Run again because nobody learned that it was committed: it still has to be brought to the broker.
      if (entry !== undefined && row.isInOutbox && row.attempt === entry.attempt) return entry;
      entry = isDue(row) ? routeAgain(row, workspace) : undefined;
      return entry;
    },
  };
}

/** A message that is replayed and lost again and again is known by its latest hops. */
const MOST_HOPS = 60;

/** Where the message was, and that the agent which had it went away: its next hops follow on these. */
function hopsWithLoss(row: RequestRow): string {
  const hops = (JSON.parse(row.hops) as Hop[]).slice(-MOST_HOPS);
  if (row.agentId === undefined || isTerminal(row.state)) return JSON.stringify(hops);
  return JSON.stringify([...hops, { service: lostHop(row.agentId), at: new Date().toISOString() }]);
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
    hops: hopsWithLoss(row),
    isInOutbox: true,
    routedAt: undefined,
    unansweredMs: 0,
  };
  workspace.saveRequest(next);
  return outboxEntryOf(message, next);
}
