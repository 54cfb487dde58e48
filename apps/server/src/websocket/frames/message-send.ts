import { type ClientFrameOf, deriveId, type UnstoredMessage } from '@parley/shared-models';
import { sendOn } from '../../conversations/send-on.ts';
import { takeMessage } from '../../conversations/take-message.ts';
import { authorize } from '../../users/permissions.ts';
import type { FrameHandler, Session } from '../session.ts';

/** Stores the message, acknowledges it, and sets it on its way. Sent again, it is only acknowledged again. */
export const onMessageSend: FrameHandler<ClientFrameOf<'message.send'>> = async (frame, session) => {
  const { hub } = session.services;
  if (frame.onBehalfOf !== undefined) authorize(session.user, 'messages.onBehalf');
  const accepted = await takeMessage(session.services, {
    message: unstored(frame, session),
    origin: session,
    target: frame.target,
  });
  const { id, conversationId, seq } = accepted.message;
  session.sendFrame({ type: 'ack', id, conversationId, seq });
  if (!hub.isFollowing(session, conversationId)) hub.follow(session, conversationId, seq - 1);
  sendOn(session.services, accepted, frame.target);
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
