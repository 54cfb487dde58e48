import { isSessionEnd } from '@parley/routing';
import { type ClientFrameOf, deriveId, type UnstoredMessage } from '@parley/shared-models';
import { authorize } from '../../users/permissions.ts';
import type { FrameHandler, Session } from '../session.ts';

/** Stores the message, acknowledges it, and sets it on its way. Sent again, it is only acknowledged again. */
export const onMessageSend: FrameHandler<ClientFrameOf<'message.send'>> = async (frame, session) => {
  const { store, relay, hub } = session.services;
  if (frame.onBehalfOf !== undefined) authorize(session.user, 'messages.onBehalf');
  await relay.room();
  const target = frame.target === undefined ? {} : { target: frame.target };
  const accepted = await store.accept({
    message: unstored(frame, session),
    ownerId: session.user.id,
    ...target,
    isSessionEnd: isSessionEnd(frame.text),
  });
  const { message, isDuplicate, session: hint, sessionChange } = accepted;
  session.sendFrame({
    type: 'ack',
    id: message.id,
    conversationId: message.conversationId,
    seq: message.seq,
  });
  if (!hub.isFollowing(session, message.conversationId))
    hub.follow(session, message.conversationId, message.seq - 1);
  // Also when it is known: the server that stored it may have died before it told the other readers.
  hub.deliver(message);
  if (isDuplicate) return;
  relay.send({ message, attempt: 0, ...target, ...(hint === undefined ? {} : { session: hint }) });
  if (sessionChange === undefined) return;
  const { conversationId } = message;
  hub.broadcast(conversationId, { type: 'session', conversationId, session: sessionChange });
};

function unstored(frame: ClientFrameOf<'message.send'>, session: Session): UnstoredMessage {
  return {
    id: frame.id,
    // Sent again, it must lead to the same conversation.
    conversationId: frame.conversationId ?? deriveId(frame.id, 'conversation'),
    kind: 'TEXT',
    sender:
      frame.onBehalfOf === undefined
        ? { kind: 'user', id: session.user.id, name: session.user.name }
        : { kind: 'external', ...frame.onBehalfOf },
    text: frame.text,
    createdAt: new Date().toISOString(),
    ...(frame.inReplyTo === undefined ? {} : { inReplyTo: frame.inReplyTo }),
  };
}
