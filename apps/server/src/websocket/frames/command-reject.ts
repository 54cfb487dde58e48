import type { ClientFrameOf } from '@parley/shared-models';
import { statusFrame } from '../../commands/command-hub.ts';
import type { FrameHandler } from '../session.ts';

/** Refuses a command that waits for a second person. */
export const onCommandReject: FrameHandler<ClientFrameOf<'command.reject'>> = async (
  { id, reason },
  session,
) => {
  session.sendFrame(statusFrame(await session.services.commandService.operators.reject(id, reason, session)));
};
