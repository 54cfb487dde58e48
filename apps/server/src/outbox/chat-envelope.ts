import type { Envelope } from '@parley/messaging';
import {
  appendHop,
  encodeSessionHint,
  encodeTarget,
  formatHops,
  HEADERS,
  originOf,
  traceparentOf,
} from '@parley/shared-models';
import type { OutboxEntry } from '@parley/store';

/**
 * A stored message as it goes to the broker. The target stands in the headers: the broker need not parse the body.
 * @param agentsRevision what the broker has to know of the agents at least. @default whatever it knows
 */
export function chatEnvelope(
  { message, target, session, attempt, hops = [] }: OutboxEntry,
  agentsRevision?: string,
): Envelope {
  return {
    messageId: message.id,
    correlationId: message.id,
    type: 'chat.message',
    timestamp: Date.now(),
    headers: {
      [HEADERS.conversation]: message.conversationId,
      [HEADERS.sender]: `${message.sender.kind}:${message.sender.id}`,
      [HEADERS.attempt]: attempt,
      [HEADERS.hops]: appendHop(formatHops(hops), 'server'),
      // What an agent asks belongs to the trace of the message that made it ask.
      [HEADERS.traceparent]: traceparentOf(originOf(message).chain[0]?.requestId ?? message.id),
      ...(agentsRevision === undefined ? {} : { [HEADERS.agentsRevision]: agentsRevision }),
      ...(target === undefined ? {} : { [HEADERS.target]: encodeTarget(target) }),
      ...(session === undefined ? {} : { [HEADERS.session]: encodeSessionHint(session) }),
    },
    body: Buffer.from(JSON.stringify(message)),
  };
}
