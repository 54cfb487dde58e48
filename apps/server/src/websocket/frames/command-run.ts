import type { ClientFrameOf } from '@parley/shared-models';
import { openCommand } from '../../commands/open-command.ts';
import { commandBytes } from '../../limits/user-limits.ts';
import type { FrameHandler } from '../session.ts';

/** Stores the command, or one for each agent, sets it on its way, follows it, and answers with its state. */
export const onCommandRun: FrameHandler<ClientFrameOf<'command.run'>> = async (
  { type: _, ...request },
  session,
) => {
  await session.services.userLimits.charge(session, commandBytes(request));
  const { commands } = await session.services.commandService.operators.run(request, session);
  await Promise.all(commands.map(({ id }) => openCommand(session, id, 0)));
};
