import type { ClientFrameOf } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

export const onChannelClose: FrameHandler<ClientFrameOf<'channel.close'>> = ({ channel }, session) => {
  session.services.channels.unfollow(session, channel);
};
