import { type Envelope, type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  BROKER_INPUT_QUEUE,
  type ChatMessage,
  deriveId,
  type ErrorCode,
  type Failure,
  HEADERS,
  type JsonValue,
  LIMITS,
  ParleyError,
  type Participant,
  type QueueMessageType,
  ReplyBody,
  type Settled,
  type SignalOf,
  storableText,
} from '@parley/shared-models';

import { z } from 'zod';
import { fitting, metadataOf, textOf } from './given/reply-text.ts';
import type { OpenReply } from './reply-stream.ts';

/** Writes an agent's answers to one request. Ids follow from the request, so doing it again writes the same ids. */
export interface ReplyWriter {
  /** Replies that are safe in the queue. */
  readonly count: number;
  /** The agent's code runs from its beginning again: the same replies get the same ids. */
  startOver(): void;
  reply(text: string, metadata?: Readonly<Record<string, JsonValue>>): Promise<void>;
  /** Sends the result of a step, which may be larger than a reply's metadata. */
  result(text: string, metadata: Record<string, JsonValue>): Promise<void>;
  /** Begins a reply that is shown while it is being written. */
  open(): OpenReply;
  typing(isTyping: boolean): void;
  settle(): Promise<void>;
  fail(code: ErrorCode, message: string): Promise<void>;
}

export interface ReplyWriterOptions {
  readonly bus: MessageBus;
  readonly request: ChatMessage;
  readonly requestHeaders: Readonly<Record<string, string | number>>;
  /** The request's hops with the agent's own. */
  readonly hops: string;
  readonly agent: Participant & { readonly kind: 'agent' };
  /** Asked for with each thing that is written. */
  readonly incarnation: () => number;
  /** The request's delivery is not settled yet. */
  readonly isInHand: () => boolean;
  /** Until it is given, a queue that is away is waited for. */
  readonly abandoned: AbortSignal;
  readonly logger: Logger;
}

const TYPING_AGAIN_MS = 1000;

/** All of a reply that an author's code gives; the rest is made here, of parts that were checked when they came. */
const Said = ReplyBody.pick({ text: true, metadata: true });

export function createReplyWriter(options: ReplyWriterOptions): ReplyWriter {
  const { bus, request, agent } = options;
  const traceparent = options.requestHeaders[HEADERS.traceparent];
  let ordinal = 0;
  let count = 0;
  let shown: { readonly isTyping: boolean; readonly at: number } | undefined;

  const publish = (
    messageId: string,
    type: QueueMessageType,
    body: ReplyBody | Settled | Failure,
  ): Promise<void> => {
    // A half-written answer is not the last word: the next agent writes all of it, under the same ids.
    if (options.abandoned.aborted) throw new Error('the agent is going away');
    const envelope = (): Envelope => ({
      messageId,
      correlationId: request.id,
      type,
      timestamp: Date.now(),
      headers: {
        [HEADERS.conversation]: request.conversationId,
        [HEADERS.sender]: `agent:${agent.id}`,
        [HEADERS.receiver]: `${request.sender.kind}:${request.sender.id}`,
        [HEADERS.incarnation]: options.incarnation(),
        [HEADERS.attempt]: options.requestHeaders[HEADERS.attempt] ?? 0,
        [HEADERS.hops]: options.hops,
        ...(traceparent === undefined ? {} : { [HEADERS.traceparent]: traceparent }),
      },
      body: Buffer.from(JSON.stringify(body)),
    });
    return retryWhileUnavailable(
      () => bus.publish(BROKER_INPUT_QUEUE, envelope(), { followsDelivery: options.isInHand() }),
      { signal: options.abandoned, logger: options.logger },
    );
  };

  const signal = <T extends 'chat.delta' | 'chat.typing'>(type: T, body: SignalOf<T>): void =>
    bus.signal({ type, key: request.conversationId, body: Buffer.from(JSON.stringify(body)) });

  const send = async (id: string, text: string, metadata?: Record<string, JsonValue>): Promise<void> => {
    const said = Said.safeParse({ text: storableText(text), metadata });
    // Said here, where the handler's own line is in the stack: the server could only make a dead letter of it.
    if (!said.success) {
      throw new ParleyError('agent_failed', `The reply is wrong: ${z.prettifyError(said.error)}`);
    }
    const body: ReplyBody = {
      id,
      conversationId: request.conversationId,
      kind: 'REPLY',
      sender: agent,
      receiver: request.sender,
      ...said.data,
      inReplyTo: request.id,
      createdAt: new Date().toISOString(),
    };
    await publish(id, 'chat.reply', body);
    count += 1;
  };

  const nextId = (): string => {
    if (ordinal < LIMITS.repliesPerMessage) return deriveId(request.id, agent.id, ordinal++);
    throw new ParleyError(
      'agent_failed',
      `The agent gave more than ${LIMITS.repliesPerMessage} replies to one message.`,
    );
  };

  return {
    get count() {
      return count;
    },
    startOver() {
      ordinal = 0;
    },
    async reply(given, metadata) {
      const said = metadataOf(metadata);
      const { text, marks } = fitting(textOf(given, 'reply()'));
      if (marks !== undefined)
        options.logger.warn({ length: given.length }, `a reply is cut off: ${marks.limit}`);
      await send(nextId(), text, marks === undefined ? said : { ...said, ...marks });
    },
    result: (text, metadata) => send(nextId(), text, metadata),
    open() {
      const id = nextId();
      const { conversationId } = request;
      let index = 0;
      return {
        add(text) {
          const delta = { messageId: id, conversationId, agentId: agent.id, index, text };
          signal('chat.delta', { ...delta, inReplyTo: request.id });
          index += 1;
        },
        finish: (text, metadata) => send(id, text, metadata),
      };
    },
    typing(isTyping) {
      // The same again within a second tells nobody anything.
      const now = performance.now();
      if (shown?.isTyping === isTyping && now - shown.at < TYPING_AGAIN_MS) return;
      shown = { isTyping, at: now };
      signal('chat.typing', { conversationId: request.conversationId, by: agent, isTyping });
    },
    settle: () =>
      publish(deriveId(request.id, agent.id, 'settled'), 'chat.settled', { requestId: request.id }),
    fail: (code, message) =>
      publish(deriveId(request.id, agent.id, 'failed'), 'chat.failed', {
        requestId: request.id,
        code,
        message: storableText(message.slice(0, 1000)),
      }),
  };
}
