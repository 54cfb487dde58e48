import {
  type ChatMessage,
  deriveId,
  type Hop,
  isTerminal,
  LIMITS,
  type MessageStatus,
  newId,
  ParleyError,
  storableText,
  type UnstoredMessage,
} from '@parley/shared-models';
import type { FailInput, FailOutcome, ReplyInput, ReplyOutcome, SettleInput } from '../store.ts';
import { previewOf } from './conversation-text.ts';
import { hopsAfter, statusOf } from './request-row.ts';
import { storableMessage } from './storable-message.ts';
import type { RequestRow, Workspace, Write } from './workspace.ts';

export function storeReply(input: ReplyInput): Write<ReplyOutcome> {
  const { reply, requestId, agentId, hops, isBesideAnswer = false, inPlaceOf } = input;
  return {
    keys: { messages: [reply.id], requests: [requestId], conversationsOf: [requestId] },
    run(workspace) {
      const row = workspace.request(requestId);
      if (row === undefined) return { outcome: 'refused', reason: 'unknown_request' };
      const known = workspace.message(reply.id);
      if (known !== undefined) {
        const isSameSender = isBesideAnswer || known.sender.id === reply.sender.id;
        if (known.inReplyTo !== requestId || !isSameSender) {
          throw new ParleyError('id_conflict', 'This reply id was used for another message before.');
        }
        return { outcome: 'duplicate', message: known, status: statusOf(row) };
      }
      if (!isBesideAnswer && (row.state === 'failed' || row.state === 'dead_lettered')) {
        return { outcome: 'refused', reason: 'request_ended' };
      }
      if (isOfAnother(row, agentId, inPlaceOf) && !(isBesideAnswer && inPlaceOf !== undefined))
        return { outcome: 'refused', reason: 'other_agent' };

      // Whatever the agent wrote: an answer belongs where it was asked for.
      const unstored = storableMessage({
        ...reply,
        conversationId: row.conversationId,
        inReplyTo: requestId,
      });
      const message = append(unstored, workspace);
      if (isBesideAnswer || row.state === 'answered')
        return { outcome: 'stored', message, status: statusOf(row) };
      return { outcome: 'stored', message, status: statusOf(answer(row, agentId, hops, workspace), hops) };
    },
  };
}

export function settle({
  requestId,
  agentId,
  hops,
  inPlaceOf,
}: SettleInput): Write<MessageStatus | undefined> {
  return {
    keys: { requests: [requestId] },
    run(workspace) {
      const row = workspace.request(requestId);
      if (row === undefined || isOfAnother(row, agentId, inPlaceOf)) return undefined;
      // Told again: whoever recorded it may have died before it told anybody, or not have heard of its commit.
      if (row.state === 'answered') return statusOf(row);
      if (isTerminal(row.state)) return undefined;
      return statusOf(answer(row, agentId, hops, workspace), hops);
    },
  };
}

function append(unstored: UnstoredMessage, workspace: Workspace): ChatMessage {
  const conversation = workspace.conversation(unstored.conversationId);
  if (conversation === undefined) throw new Error(`there is no conversation ${unstored.conversationId}`);
  const message = { ...unstored, seq: conversation.lastSeq + 1 };
  workspace.append(message, previewOf(unstored.text));
  return message;
}

/**
 * While nobody has the request (it is being routed again, say), the answer of one who had it is as good as any; and so is
 * that of another instance of the group until the one that has it has answered.
 */
function isOfAnother(row: RequestRow, agentId: string, inPlaceOf: string | undefined): boolean {
  if (row.agentId === undefined || row.agentId === agentId) return false;
  return row.agentId !== inPlaceOf || row.state === 'answered';
}

function answer(row: RequestRow, agentId: string, hops: readonly Hop[], workspace: Workspace): RequestRow {
  const answered: RequestRow = {
    ...row,
    state: 'answered',
    agentId,
    hops: hopsAfter(row, hops),
    isInOutbox: false,
  };
  workspace.saveRequest(answered);
  return answered;
}

export function fail(input: FailInput): Write<FailOutcome> {
  const { requestId, status, error, hops, attempt, isUnrouted = false } = input;
  const errorId = deriveId(requestId, 'error');
  // For a request that fails again after it was replayed, or a client that has made the first id.
  const nextErrorId = newId();
  return {
    keys: {
      messages: [requestId, errorId, nextErrorId],
      requests: [requestId],
      conversationsOf: [requestId],
    },
    run(workspace) {
      const row = workspace.request(requestId);
      if (row === undefined) return { outcome: 'unknown' };
      if (row.state === 'answered') return { outcome: 'ended' };
      if (isTerminal(row.state)) {
        const told = [nextErrorId, errorId].map((id) => workspace.message(id));
        const message = told.find(
          (known) => known?.sender.kind === 'system' && known.inReplyTo === requestId,
        );
        return { outcome: 'ended', status: statusOf(row), ...(message === undefined ? {} : { message }) };
      }
      const isEarlier = attempt !== undefined && attempt < row.attempt;
      if (isEarlier || (isUnrouted && row.routing !== undefined)) return { outcome: 'overtaken' };

      const { code, message: reason } = error;
      const asker = workspace.message(requestId)?.sender;
      const unstored: UnstoredMessage = {
        id: workspace.message(errorId) === undefined ? errorId : nextErrorId,
        conversationId: row.conversationId,
        kind: 'ERROR',
        sender: { kind: 'system', id: 'parley', name: 'Parley' },
        ...(asker === undefined ? {} : { receiver: asker }),
        text: storableText(reason).slice(0, LIMITS.textLength),
        inReplyTo: requestId,
        createdAt: new Date().toISOString(),
        metadata: { code },
      };
      const message = append(unstored, workspace);
      const failed: RequestRow = {
        ...row,
        state: status,
        hops: hopsAfter(row, hops),
        error: JSON.stringify({ code, message: reason }),
        isInOutbox: false,
      };
      workspace.saveRequest(failed);
      return { outcome: 'failed', message, status: statusOf(failed, hops) };
    },
  };
}
