import { type CommandRecord, type CommandState, isFinalCommandState } from './command.ts';
import type { CommandSummary } from './command-pages.ts';

/** Sums up commands of one batch, or any others. */
export function summarizeCommands(commands: readonly Pick<CommandRecord, 'state'>[]): CommandSummary {
  const states: Partial<Record<CommandState, number>> = {};
  for (const { state } of commands) states[state] = (states[state] ?? 0) + 1;
  return {
    total: commands.length,
    ended: commands.filter(({ state }) => isFinalCommandState(state)).length,
    states,
  };
}
