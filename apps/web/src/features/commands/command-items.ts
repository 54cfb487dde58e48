import type { CommandRecord, CommandState } from '@parley/shared-models';
import { stateTexts } from './command-state-text.ts';

/** One row of the list: a command, or a batch. */
export interface CommandItem {
  /** The id in the page's address. */
  readonly id: string;
  /** At least one. */
  readonly commands: readonly [CommandRecord, ...CommandRecord[]];
}

/** Groups the commands of each batch; the order stays. */
export function groupCommands(commands: readonly CommandRecord[]): readonly CommandItem[] {
  const items = new Map<string, [CommandRecord, ...CommandRecord[]]>();
  for (const command of commands) {
    const id = command.batchId ?? command.id;
    const item = items.get(id);
    if (item === undefined) items.set(id, [command]);
    else item.push(command);
  }
  return [...items].map(([id, together]) => ({ id, commands: together }));
}

/** The filter of the list; empty fields match every command. */
export interface CommandFilter {
  /** Searched in the command line, the agent's name and the requester's name. */
  readonly text: string;
  readonly agentId: string;
  readonly state: CommandState | '';
}

export const EVERYTHING: CommandFilter = { text: '', agentId: '', state: '' };

export function passes(command: CommandRecord, { text, agentId, state }: CommandFilter): boolean {
  const found = [command.command, command.agentName, command.requestedBy.name].some((each) =>
    each.toLowerCase().includes(text.trim().toLowerCase()),
  );
  return (
    found && (agentId === '' || command.agentId === agentId) && (state === '' || command.state === state)
  );
}

/** `2 of 3 succeeded, 1 running`: the successful ones first, then the others in the order of their states. */
export function summaryText(commands: readonly CommandRecord[]): string {
  const count = (state: string): number => commands.filter((command) => command.state === state).length;
  const others = Object.entries(stateTexts)
    .filter(([state]) => state !== 'succeeded' && count(state) > 0)
    .map(([state, { label }]) => `${count(state)} ${label}`);
  return [`${count('succeeded')} of ${commands.length} succeeded`, ...others].join(', ');
}

/** Command lines that the person has run, the latest first, each once. */
export function historyOf(commands: readonly CommandRecord[], userId: string | undefined): readonly string[] {
  const own = commands.filter(({ type, requestedBy }) => type === 'shell' && requestedBy.id === userId);
  return [...new Set(own.map(({ command }) => command))];
}
