import type { TaskDocument, TaskSaying } from '@parley/durable-tasks';
import { type Envelope, type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  appendHop,
  BROKER_INPUT_QUEUE,
  HEADERS,
  type ReplyBody,
  storableText,
  traceparentOf,
} from '@parley/shared-models';
import { fitting } from '../given/reply-text.ts';

export interface SayOptions {
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly agent: { readonly id: string; readonly name: string; readonly incarnation: number };
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Says something of a task in its conversation, as a reply to the request of the round. Said twice it is said once. */
export async function sayInConversation(
  task: TaskDocument,
  saying: TaskSaying,
  { bus, agent, signal, logger }: SayOptions,
): Promise<void> {
  const round = task.rounds.find((each) => each.round === saying.round);
  const requestId = round?.requestId ?? task.id;
  const { text, marks } = fitting(saying.text);
  const body: ReplyBody = {
    id: saying.id,
    conversationId: task.conversationId,
    kind: 'REPLY',
    sender: { kind: 'agent', id: agent.id, name: agent.name },
    receiver: task.user,
    text: storableText(text),
    inReplyTo: requestId,
    createdAt: new Date().toISOString(),
    metadata: {
      task: { id: task.id, kind: saying.kind, round: saying.round },
      ...marks,
    },
  };
  const envelope = (): Envelope => ({
    messageId: saying.id,
    correlationId: requestId,
    type: 'chat.reply',
    timestamp: Date.now(),
    headers: {
      [HEADERS.conversation]: task.conversationId,
      [HEADERS.sender]: `agent:${agent.id}`,
      [HEADERS.incarnation]: agent.incarnation,
      [HEADERS.causation]: task.id,
      [HEADERS.hops]: appendHop(undefined, `agent:${agent.id}`),
      [HEADERS.traceparent]: traceparentOf(requestId),
    },
    body: Buffer.from(JSON.stringify(body)),
  });
  await retryWhileUnavailable(() => bus.publish(BROKER_INPUT_QUEUE, envelope()), { signal, logger });
}
