import {
  type ChatMessage,
  ErrorCode,
  isTerminal,
  type MessageStatus,
  ParleyError,
} from '@parley/shared-models';
import { statusWith } from '../conversations/follower.ts';
import type { ServerServices } from '../server-services.ts';

/** Replies looked at: of these the first one counts. */
const PAGE = 100;

export interface ReplyWait {
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * The first reply to a question, when it is there.
 * @throws ParleyError `agent_timeout`, `cancelled` when the signal ended the wait, or the error with which the
 * question ended
 */
export async function awaitReply(
  { hub, store }: Pick<ServerServices, 'hub' | 'store'>,
  question: ChatMessage,
  { timeoutMs, signal }: ReplyWait,
): Promise<ChatMessage> {
  const { id, conversationId, seq } = question;
  const ended = Promise.withResolvers<MessageStatus>();
  // It may be rejected before anybody waits for it.
  ended.promise.catch(() => {});
  let reply: ChatMessage | undefined;
  const subscription = hub.follow({
    conversationId,
    // With the question comes how it stands: it may have ended before.
    afterSeq: seq - 1,
    onFrame({ frame }) {
      if (frame.type !== 'message' && frame.type !== 'message.status') return;
      const status = frame.type === 'message' ? statusWith(frame) : frame;
      if (frame.type === 'message' && isReply(frame.message, id)) reply ??= frame.message;
      if (status?.messageId === id && isTerminal(status.status)) ended.resolve(status);
    },
  });
  const onAbort = (): void => ended.reject(new ParleyError('cancelled', 'The caller has gone.'));
  const timer = setTimeout(() => {
    ended.reject(new ParleyError('agent_timeout', `There was no reply within ${timeoutMs} ms.`));
  }, timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const status = await ended.promise;
    if (status.status !== 'answered') throw failureOf(status);
    if (reply !== undefined) return reply;
    // In a long history the end may be told before the page that has the reply.
    const { messages } = await store.listMessages(conversationId, { afterSeq: seq, limit: PAGE });
    const first = messages.find((message) => isReply(message, id));
    if (first !== undefined) return first;
    const name = status.routing?.agentName ?? 'The agent';
    throw new ParleyError('agent_failed', `${name} had nothing to say.`, { details: { askId: id } });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    subscription.stop();
  }
}

const isReply = ({ kind, inReplyTo }: ChatMessage, id: string): boolean =>
  kind === 'REPLY' && inReplyTo === id;

function failureOf({ messageId, error, routing }: MessageStatus): ParleyError {
  const code = ErrorCode.safeParse(error?.code);
  const message = error?.message ?? 'The agent that was asked gave no answer.';
  // In the name of the agent, where one had the question.
  const agentId = routing?.agentId;
  return new ParleyError(code.success ? code.data : 'agent_failed', message, {
    details: { askId: messageId, ...(agentId !== undefined && { agentId }) },
  });
}
