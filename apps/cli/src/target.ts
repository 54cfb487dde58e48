import { AgentName, type Target } from '@parley/shared-models';
import { CommandFailure, EXIT } from './exit-codes.ts';

/** Whom `--to` means: a name, as people see it. @throws CommandFailure with `EXIT.usage` */
export function targetOf(to: string | undefined): { target?: Target } {
  if (to === undefined) return {};
  const name = AgentName.safeParse(to.replace(/^@/, ''));
  if (!name.success) throw new CommandFailure(EXIT.usage, '--to: an agent name has 1 to 64 characters.');
  return { target: { agentName: name.data } };
}
