import { type ClientFrameOf, deriveId, type UnstoredMessage } from '@parley/shared-models';
import { type Submitted, submit } from '../../requests/submit.ts';
import { authorize } from '../../users/permissions.ts';
import type { FrameHandler, Session } from '../session.ts';

/** Submits the message and acknowledges it. Sent again, it is only acknowledged again. */
export const onMessageSend: FrameHandler<ClientFrameOf<'message.send'>> = async (frame, session) => {
  if (frame.onBehalfOf !== undefined) authorize(session.user, 'messages.onBehalf');
  await submit(session.services, {
    message: unstored(frame, session),
    ownerId: session.user.id,
    payer: session,
    target: frame.target,
    onStored: (submitted) => acknowledge(submitted, session),
  });
};

/** Whoever writes to a conversation follows it, from this message on. */
function acknowledge({ message, isDuplicate }: Submitted, session: Session): void {
  const { id, conversationId, seq } = message;
  const followed = session.conversations.get(conversationId);
  // With the `ack` it has the message, where that is the next one for this connection.
  const isWithAck =
    session.frames >= 2 && (followed === undefined ? !isDuplicate : followed.countAsTold(seq));
  session.sendFrame({ type: 'ack', id, conversationId, seq, ...(isWithAck && { message }) });
  if (followed === undefined) session.conversations.follow(conversationId, isWithAck ? seq : seq - 1);
}

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
