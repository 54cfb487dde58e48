import type { Envelope } from '@parley/messaging';
import { type ChatMessage, HEADERS, newId } from '@parley/shared-models';

/** Ada's messages to an agent. */
export const requestOf = (text: string, conversationId = newId()): ChatMessage => ({
  id: newId(),
  conversationId,
  seq: 1,
  kind: 'TEXT',
  sender: { kind: 'user', id: 'ada', name: 'Ada' },
  text,
  createdAt: new Date().toISOString(),
});

/** A request as it lies in the agent's queue. */
export const requestEnvelope = (
  request: ChatMessage,
  headers: Readonly<Record<string, string | number>> = {},
): Envelope => ({
  messageId: request.id,
  correlationId: request.id,
  type: 'chat.message',
  timestamp: Date.now(),
  headers: {
    [HEADERS.conversation]: request.conversationId,
    [HEADERS.attempt]: 0,
    [HEADERS.hops]: 'server=1;broker=2;server=3',
    ...headers,
  },
  body: Buffer.from(JSON.stringify(request)),
});
