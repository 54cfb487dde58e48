import type { ClientFrameOf } from '@parley/shared-models';
import { statusFrame } from '../../commands/command-hub.ts';
import type { FrameHandler } from '../session.ts';

/** Stores the command, or one for each agent, sets it on its way, answers with its state, and follows it. */
export const onCommandRun: FrameHandler<ClientFrameOf<'command.run'>> = async (
  { type: _, ...request },
  session,
) => {
  const { operators, hub } = session.services.commandService;
  const { commands } = await operators.run(request, session);
  for (const command of commands) {
    session.sendFrame(statusFrame(command));
    hub.follow(session, command.id, 0);
  }
};
