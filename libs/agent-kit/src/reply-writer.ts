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
  type ReplyBody,
  type Settled,
  type SignalOf,
} from '@parley/shared-models';

type ReplyMetadata = Readonly<Record<string, JsonValue>>;

/** Writes what an agent answers to one request. Ids follow from the request, so doing it again writes the same ids. */
export interface ReplyWriter {
  /** Replies that are safe in the queue. */
  readonly count: number;
  /** The agent's code runs from its beginning again: the same replies get the same ids. */
  startOver(): void;
  reply(text: string, metadata?: Readonly<Record<string, JsonValue>>): Promise<void>;
  stream(
    pieces: AsyncIterable<string>,
    signal: AbortSignal,
    metadata?: ReplyMetadata | (() => ReplyMetadata),
  ): Promise<string>;
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
  /** Until it is given, a queue that is away is waited for. */
  readonly abandoned: AbortSignal;
  readonly logger: Logger;
}

export function createReplyWriter(options: ReplyWriterOptions): ReplyWriter {
  const { bus, request, agent } = options;
  const traceparent = options.requestHeaders[HEADERS.traceparent];
  let ordinal = 0;
  let count = 0;

  const publish = (
    messageId: string,
    type: QueueMessageType,
    body: ReplyBody | Settled | Failure,
  ): Promise<void> => {
    // What is half written is nobody's last word: who gets the message next writes all of it, under the same ids.
    if (options.abandoned.aborted) throw new Error('the process is going down');
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
    return retryWhileUnavailable(() => bus.publish(BROKER_INPUT_QUEUE, envelope()), {
      signal: options.abandoned,
      logger: options.logger,
    });
  };

  const signal = <T extends 'chat.delta' | 'chat.typing'>(type: T, body: SignalOf<T>): void =>
    bus.signal({ type, key: request.conversationId, body: Buffer.from(JSON.stringify(body)) });

  const send = async (
    id: string,
    text: string,
    metadata?: Readonly<Record<string, JsonValue>>,
  ): Promise<void> => {
    if (text.length > LIMITS.textLength) {
      throw new ParleyError(
        'agent_failed',
        `The reply has ${text.length} characters, at most ${LIMITS.textLength} are allowed.`,
      );
    }
    await publish(id, 'chat.reply', {
      id,
      conversationId: request.conversationId,
      kind: 'REPLY',
      sender: agent,
      receiver: request.sender,
      text,
      inReplyTo: request.id,
      createdAt: new Date().toISOString(),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    });
    count += 1;
  };

  const nextId = (): string => deriveId(request.id, agent.id, ordinal++);

  return {
    get count() {
      return count;
    },
    startOver() {
      ordinal = 0;
    },
    reply: (text, metadata) => send(nextId(), text, metadata),
    async stream(pieces, abort, metadata) {
      const id = nextId();
      let text = '';
      let index = 0;
      try {
        for await (const piece of pieces) {
          if (piece === '') continue;
          text += piece;
          const delta = {
            messageId: id,
            conversationId: request.conversationId,
            agentId: agent.id,
            index,
            text: piece,
          };
          signal('chat.delta', { ...delta, inReplyTo: request.id });
          index += 1;
          if (abort.aborted) break;
        }
      } catch (error) {
        if (!abort.aborted) throw error;
      }
      if (abort.aborted && text === '') throw new ParleyError('cancelled', 'The answer was stopped.');
      // What was shown before the stop is kept: the person has read it.
      const facts = typeof metadata === 'function' ? metadata() : metadata;
      await send(id, text, abort.aborted ? { ...facts, isStopped: true } : facts);
      return text;
    },
    typing: (isTyping) =>
      signal('chat.typing', { conversationId: request.conversationId, by: agent, isTyping }),
    settle: () =>
      publish(deriveId(request.id, agent.id, 'settled'), 'chat.settled', { requestId: request.id }),
    fail: (code, message) =>
      publish(deriveId(request.id, agent.id, 'failed'), 'chat.failed', {
        requestId: request.id,
        code,
        message: message.slice(0, 1000),
      }),
  };
}
