import type { ClientFrameOf } from '@parley/shared-models';
import { statusFrame } from '../../commands/command-hub.ts';
import type { FrameHandler } from '../session.ts';

/** Lets a command pass that waits for a second person. */
export const onCommandApprove: FrameHandler<ClientFrameOf<'command.approve'>> = async ({ id }, session) => {
  session.sendFrame(statusFrame(await session.services.commandService.operators.approve(id, session)));
};
