import type { ClientFrameOf } from '@parley/shared-models';
import { statusFrame } from '../../commands/command-hub.ts';
import type { FrameHandler } from '../session.ts';

/** Answers with the command's state, then what it printed after `afterSeq`, then what comes. */
export const onCommandOpen: FrameHandler<ClientFrameOf<'command.open'>> = async (
  { id, afterSeq },
  session,
) => {
  const { operators, hub } = session.services.commandService;
  session.sendFrame(statusFrame(await operators.require(id)));
  hub.follow(session, id, afterSeq ?? 0);
};
