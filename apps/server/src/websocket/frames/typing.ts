import { type ClientFrameOf, ParleyError } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

export const onTyping: FrameHandler<ClientFrameOf<'typing'>> = ({ conversationId, isTyping }, session) => {
  const { hub } = session.services;
  if (!hub.isFollowing(session, conversationId)) {
    throw new ParleyError('forbidden', 'Open the conversation before typing in it.');
  }
  const by = { kind: 'user', id: session.user.id, name: session.user.name } as const;
  hub.broadcast(conversationId, { type: 'typing', conversationId, by, isTyping }, session);
};
