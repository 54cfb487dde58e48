import { type ClientFrameOf, ParleyError } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

export const onTyping: FrameHandler<ClientFrameOf<'typing'>> = ({ conversationId, isTyping }, session) => {
  const followed = session.conversations.get(conversationId);
  if (followed === undefined)
    throw new ParleyError('forbidden', 'Open the conversation before typing in it.');
  const by = { kind: 'user', id: session.user.id, name: session.user.name } as const;
  followed.tellOthers({ type: 'typing', conversationId, by, isTyping });
};
