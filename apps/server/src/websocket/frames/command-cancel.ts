import type { ClientFrameOf } from '@parley/shared-models';
import { statusFrame } from '../../commands/command-hub.ts';
import type { FrameHandler } from '../session.ts';

/** Stops what runs and ends what waits; answers with the state. */
export const onCommandCancel: FrameHandler<ClientFrameOf<'command.cancel'>> = async ({ id }, session) => {
  session.sendFrame(statusFrame(await session.services.commandService.operators.cancel(id, session)));
};
