import type { AgentCommand } from '@parley/shared-models';
import type { CommandEntry } from './command-entry.ts';
import { createKeptOutput } from './kept-output.ts';

/** The states of this process's commands, by which no command is executed twice. */
export interface CommandJournal {
  find(commandId: string): CommandEntry | undefined;
  add(command: AgentCommand, outputLimitBytes: number): CommandEntry;
  /** Those that have not ended, or whose end the server does not know. */
  open(): readonly CommandEntry[];
}

/** Commands that have ended and are remembered; a server asks again only about the latest. */
const REMEMBERED = 10_000;

export function createCommandJournal(remembered: number = REMEMBERED): CommandJournal {
  const entries = new Map<string, CommandEntry>();

  const forgetOldest = (): void => {
    if (entries.size <= remembered) return;
    for (const [id, entry] of entries) {
      if (entry.state === 'ended' && entry.isTold) {
        entries.delete(id);
        return;
      }
    }
  };

  return {
    find: (commandId) => entries.get(commandId),
    add(command, outputLimitBytes) {
      const entry: CommandEntry = {
        id: command.commandId,
        command,
        receivedAt: performance.now(),
        state: 'deciding',
        output: createKeptOutput(outputLimitBytes),
        abort: new AbortController(),
        report: undefined,
        result: undefined,
        isTold: false,
      };
      entries.set(entry.id, entry);
      forgetOldest();
      return entry;
    },
    open: () => [...entries.values()].filter((entry) => entry.state !== 'ended' || !entry.isTold),
  };
}
