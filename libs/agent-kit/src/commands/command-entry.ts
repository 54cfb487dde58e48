import type { AgentCommand, CommandResult, CommandStateReport } from '@parley/shared-models';
import type { KeptOutput } from './kept-output.ts';

/** Why a command is stopped. */
export type Stopping = 'cancelled' | 'timeout' | 'abandoned';

/** A result without the agent, which is filled in when it is sent. */
export type EntryResult = Omit<CommandResult, 'agentId'>;

/** One command as the agent remembers it. */
export interface CommandEntry {
  readonly id: string;
  /** The one that came last. */
  command: AgentCommand;
  readonly receivedAt: number;
  /** `deciding` and `waiting` have not begun; `awaiting_approval` waits for a person; `ended` has its result. */
  state: 'deciding' | 'waiting' | 'running' | 'awaiting_approval' | 'ended';
  readonly output: KeptOutput;
  readonly abort: AbortController;
  /** The state to report to the server. */
  report: Pick<CommandStateReport, 'state' | 'rule'> | undefined;
  result: EntryResult | undefined;
  /** Whether the server has all that there is to tell. */
  isTold: boolean;
}
