import { type ClientFrameOf, ParleyError } from '@parley/shared-models';
import { showTasksOf } from '../../tasks/show-tasks.ts';
import type { FrameHandler, Session } from '../session.ts';

/** Follows the conversation: what came after `afterSeq` first, then what comes. */
export const onConversationOpen: FrameHandler<ClientFrameOf<'conversation.open'>> = async (
  frame,
  session,
) => {
  await followOwn(session, frame.conversationId, frame.afterSeq ?? 0);
};

/** @throws ParleyError `not_found`, `forbidden` */
export async function followOwn(session: Session, conversationId: string, afterSeq: number): Promise<void> {
  const conversation = await session.services.store.getConversation(conversationId);
  if (conversation === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
  if (conversation.ownerId !== session.user.id) {
    throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
  }
  session.conversations.follow(conversationId, afterSeq);
  // Who has seen something of it may believe in a session that is over.
  if (conversation.session !== undefined || afterSeq > 0)
    session.sendFrame({ type: 'session', conversationId, session: conversation.session ?? null });
  await showTasksOf(session.services, conversationId, session);
}
