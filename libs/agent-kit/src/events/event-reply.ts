import { type Envelope, type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  appendHop,
  BROKER_INPUT_QUEUE,
  deriveId,
  HEADERS,
  Id,
  ParleyError,
  type Participant,
  type PublishedEvent,
  type ReplyBody,
  storableText,
  traceparentOf,
} from '@parley/shared-models';
import { describeValue } from '../given/describe-value.ts';
import { fitting, textOf } from '../given/reply-text.ts';
import type { EventContext } from './event-context.ts';

export interface EventReplyOptions {
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly event: PublishedEvent;
  readonly agent: Participant & { readonly kind: 'agent' };
  readonly group: string;
  readonly incarnation: () => number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** `reply` for one run of `onEvent`; ids follow from the event, so that handling it again says nothing twice. */
export function createEventReply(options: EventReplyOptions): EventContext['reply'] {
  const { bus, event, agent, group, signal, logger } = options;
  let ordinal = 0;
  return async (given, to) => {
    const { text, marks } = fitting(textOf(given, 'reply()'));
    const messageId = messageIdOf(to);
    if (marks !== undefined) logger.warn({ length: given.length }, `a reply is cut off: ${marks.limit}`);
    const id = deriveId(event.id, group, 'reply', ordinal++);
    const body: ReplyBody = {
      id,
      // The server puts it into the conversation of the message that it answers, whichever that is.
      conversationId: messageId,
      kind: 'REPLY',
      sender: agent,
      text: storableText(text),
      ...(marks === undefined ? {} : { metadata: marks }),
      inReplyTo: messageId,
      createdAt: new Date().toISOString(),
    };
    const envelope = (): Envelope => ({
      messageId: id,
      correlationId: messageId,
      type: 'chat.reply',
      timestamp: Date.now(),
      headers: {
        [HEADERS.conversation]: messageId,
        [HEADERS.sender]: `agent:${agent.id}`,
        [HEADERS.incarnation]: options.incarnation(),
        [HEADERS.causation]: event.id,
        [HEADERS.hops]: appendHop(undefined, `agent:${agent.id}`),
        [HEADERS.traceparent]: traceparentOf(event.correlationId ?? event.id),
      },
      body: Buffer.from(JSON.stringify(body)),
    });
    await retryWhileUnavailable(() => bus.publish(BROKER_INPUT_QUEUE, envelope()), { signal, logger });
  };
}

function messageIdOf(to: unknown): string {
  const messageId = Id.safeParse(
    typeof to === 'object' && to !== null ? Reflect.get(to, 'messageId') : undefined,
  );
  if (messageId.success) return messageId.data;
  throw new ParleyError(
    'agent_failed',
    `reply() was given ${describeValue(to)}; after the text it takes { messageId }, the id of a message.`,
  );
}
