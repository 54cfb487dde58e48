import type { Target } from '@parley/shared-models';
import type { Accepted } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

/** What follows when a message was accepted: who follows its conversation sees it, and it goes on its way. */
export function sendOn(
  { hub, relay }: Pick<ServerServices, 'hub' | 'relay'>,
  { message, isDuplicate, session, sessionChange }: Accepted,
  target: Target | undefined,
): void {
  // Also when it is known: the server that stored it may have died before it told the other readers.
  hub.deliver(message);
  if (isDuplicate) return;
  relay.send({
    message,
    attempt: 0,
    ...(target === undefined ? {} : { target }),
    ...(session === undefined ? {} : { session }),
  });
  if (sessionChange === undefined) return;
  const { conversationId } = message;
  hub.broadcast(conversationId, { type: 'session', conversationId, session: sessionChange });
}
