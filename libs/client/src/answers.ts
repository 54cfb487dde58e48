import {
  type ChatMessage,
  ErrorCode,
  type MessageStatus,
  ParleyError,
  type ServerFrameOf,
} from '@parley/shared-models';
import { createTimers } from './timers.ts';

type Ack = ServerFrameOf<'ack'>;

export interface Outcome {
  readonly accepted: Promise<Ack>;
  readonly answered: Promise<ChatMessage>;
}

export interface AnswersOptions {
  /** The remaining frames of a message that has ended may take this long, in milliseconds. */
  readonly graceMs: number;
  /** Whether messages of this conversation are still missing here; the answer may be among them. */
  readonly isBehind: (conversationId: string) => boolean;
}

/** The promises of sent messages. */
export interface Answers {
  /** Starts waiting, or returns the promises that exist already. A rejection that is not awaited does no harm. */
  track(id: string): Outcome;
  acknowledged(ack: Ack): void;
  /** By conversation, the `seq` of the first accepted message without an answer. */
  firstUnanswered(): ReadonlyMap<string, number>;
  /** A message was emitted: it may be the answer. */
  received(message: ChatMessage): void;
  ended(status: MessageStatus): void;
  /** The message will get neither an `ack` nor an answer. */
  reject(id: string, error: ParleyError): void;
  rejectAll(error: ParleyError): void;
}

interface Waiting {
  readonly outcome: Outcome;
  readonly accept: (ack: Ack) => void;
  readonly answer: (reply: ChatMessage) => void;
  /** Rejects the answer only: the `ack` alone tells whether the message was accepted. */
  readonly fail: (error: ParleyError) => void;
  /** Rejects both. */
  readonly refuse: (error: ParleyError) => void;
}

export function createAnswers({ graceMs, isBehind }: AnswersOptions): Answers {
  const waiting = new Map<string, Waiting>();
  /** Accepted messages without an answer. */
  const unanswered = new Map<string, Ack>();
  const timers = createTimers();

  function begin(id: string): Waiting {
    const accepted = quietly<Ack>();
    const answered = quietly<ChatMessage>();
    const open = new Set([accepted, answered]);
    const settled = (deferred: typeof accepted | typeof answered) => {
      open.delete(deferred);
      if (deferred === answered) {
        timers.clear(id);
        unanswered.delete(id);
      }
      if (open.size === 0) waiting.delete(id);
    };
    const fail = (error: ParleyError) => {
      answered.reject(error);
      settled(answered);
    };
    return {
      outcome: { accepted: accepted.promise, answered: answered.promise },
      accept(ack) {
        accepted.resolve(ack);
        if (open.has(answered)) unanswered.set(id, ack);
        settled(accepted);
      },
      answer(reply) {
        answered.resolve(reply);
        settled(answered);
      },
      fail,
      refuse(error) {
        accepted.reject(error);
        settled(accepted);
        fail(error);
      },
    };
  }

  /** The message has ended; its reply, or the code of its failure, may arrive shortly after. */
  function failSoon(id: string, conversationId: string, error: ParleyError): void {
    if (!waiting.has(id)) return;
    timers.set(id, graceMs, () => {
      if (isBehind(conversationId)) failSoon(id, conversationId, error);
      else waiting.get(id)?.fail(error);
    });
  }

  return {
    track(id) {
      const entry = waiting.get(id) ?? begin(id);
      waiting.set(id, entry);
      return entry.outcome;
    },

    acknowledged: (ack) => waiting.get(ack.id)?.accept(ack),

    firstUnanswered() {
      const first = new Map<string, number>();
      for (const { conversationId, seq } of unanswered.values())
        first.set(conversationId, Math.min(seq, first.get(conversationId) ?? seq));
      return first;
    },

    received(message) {
      const { inReplyTo: id, kind, conversationId } = message;
      if (id === undefined) return;
      if (kind === 'REPLY') {
        waiting.get(id)?.answer(message);
      } else if (kind === 'ERROR') {
        const code = codeOf(message.metadata?.code);
        const error = new ParleyError(code ?? 'internal', message.text);
        if (code === undefined) failSoon(id, conversationId, error);
        else waiting.get(id)?.fail(error);
      }
    },

    ended({ messageId: id, conversationId, status, error }) {
      if (status === 'failed' || status === 'dead_lettered') {
        const why = error?.message ?? `the message ended as ${status}`;
        waiting.get(id)?.fail(new ParleyError(codeOf(error?.code) ?? 'internal', why));
      } else if (status === 'answered') {
        failSoon(
          id,
          conversationId,
          new ParleyError('not_found', 'the agent handled the message without a reply'),
        );
      }
    },

    reject: (id, error) => waiting.get(id)?.refuse(error),

    rejectAll(error) {
      timers.clearAll();
      for (const entry of [...waiting.values()]) entry.refuse(error);
    },
  };
}

/** A promise that may be rejected without a handler; later handlers still get the rejection. */
function quietly<T>(): PromiseWithResolvers<T> {
  const deferred = Promise.withResolvers<T>();
  deferred.promise.catch(() => undefined);
  return deferred;
}

function codeOf(code: unknown): ErrorCode | undefined {
  const parsed = ErrorCode.safeParse(code);
  return parsed.success ? parsed.data : undefined;
}
