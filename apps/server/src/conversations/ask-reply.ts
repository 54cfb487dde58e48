import {
  type ChatMessage,
  ErrorCode,
  isTerminal,
  ParleyError,
  type ServerFrame,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { ServerServices } from '../server-services.ts';
import type { Reader } from './follower.ts';

/** Replies looked at: of these the first one counts. */
const PAGE = 100;

export interface ReplyWait {
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * The first reply to a question, when it is there.
 * @throws ParleyError `agent_timeout`, `cancelled` when the signal ended the wait, or with what became of the question
 */
export async function awaitReply(
  { hub, store }: ServerServices,
  question: ChatMessage,
  { timeoutMs, signal }: ReplyWait,
): Promise<ChatMessage> {
  const { conversationId, seq } = question;
  const { promise, resolve, reject } = Promise.withResolvers<ChatMessage>();
  // It may fail before anybody waits for it.
  promise.catch(() => {});
  const look = (): void => {
    findReply(store, question).then((reply) => {
      if (reply !== undefined) resolve(reply);
    }, reject);
  };
  const reader: Reader = {
    isOpen: () => !signal.aborted,
    send(text) {
      const frame = JSON.parse(text) as ServerFrame;
      const isAnswer = frame.type === 'message' && frame.message.inReplyTo === question.id;
      const isEnd =
        frame.type === 'message.status' && frame.messageId === question.id && isTerminal(frame.status);
      if (isAnswer || isEnd) look();
    },
    flushed: async () => {},
  };
  const onAbort = (): void => reject(new ParleyError('cancelled', 'The caller has gone.'));
  const timer = setTimeout(() => {
    reject(new ParleyError('agent_timeout', `There was no reply within ${timeoutMs} ms.`));
  }, timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  hub.follow(reader, conversationId, seq);
  try {
    // It may have been answered before.
    look();
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    hub.unfollow(reader, conversationId);
  }
}

/** Undefined while the question is open. @throws ParleyError with what became of it */
async function findReply(
  store: Store,
  { id, conversationId, seq }: ChatMessage,
): Promise<ChatMessage | undefined> {
  const status = (await store.getMessage(id))?.status;
  if (status === undefined || !isTerminal(status.status)) return undefined;
  if (status.status !== 'answered') {
    const code = ErrorCode.safeParse(status.error?.code);
    const message = status.error?.message ?? 'The agent that was asked gave no answer.';
    // With whose word it is, where an agent had the question.
    const agentId = status.routing?.agentId;
    throw new ParleyError(code.success ? code.data : 'agent_failed', message, {
      details: { askId: id, ...(agentId !== undefined && { agentId }) },
    });
  }
  const { messages } = await store.listMessages(conversationId, { afterSeq: seq, limit: PAGE });
  const reply = messages.find((message) => message.inReplyTo === id && message.kind === 'REPLY');
  if (reply !== undefined) return reply;
  throw new ParleyError('agent_failed', `${status.routing?.agentName ?? 'The agent'} had nothing to say.`, {
    details: { askId: id },
  });
}
