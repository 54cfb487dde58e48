import { type ChatMessage, originOf, ParleyError } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';

/** The conversation of a person, and whose it is. */
export interface RootRequest {
  readonly conversationId: string;
  readonly ownerId: string;
}

/** Of a message; of an agent's question to another one, the conversation because of which it is asked. */
export async function rootOfRequest(
  { store }: Pick<ServerServices, 'store'>,
  request: ChatMessage,
): Promise<RootRequest> {
  const rootId = originOf(request).chain[0]?.requestId ?? request.id;
  const root = await store.getMessage(rootId);
  if (root === undefined) throw new ParleyError('not_found', 'The message with which it began is gone.');
  return { conversationId: root.message.conversationId, ownerId: root.ownerId };
}
