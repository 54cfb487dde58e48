import type { ClientFrameOf } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

export const onConversationClose: FrameHandler<ClientFrameOf<'conversation.close'>> = (frame, session) => {
  session.conversations.leave(frame.conversationId);
};
