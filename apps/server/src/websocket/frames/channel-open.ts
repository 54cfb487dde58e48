import type { ClientFrameOf } from '@parley/shared-models';
import { authorize } from '../../users/permissions.ts';
import type { FrameHandler } from '../session.ts';

/** Follows a channel: its last events first, then what comes. */
export const onChannelOpen: FrameHandler<ClientFrameOf<'channel.open'>> = async (
  { channel, last = 0 },
  session,
) => {
  if (channel === 'agents') authorize(session.user, 'channels.agents');
  await session.services.channels.follow(session, channel, last);
};
