import { constants } from 'node:os';
import type { CommandRecord } from '@parley/shared-models';

export const RUN_EXIT_CODES_HELP = `
With one agent it exits with the exit code of the command there, and with
  124      its time was over
  126      it was refused: by the agent's policy, or by who had to approve it
  128 + n  it was ended by signal n; 130 when it was cancelled
  1        it is lost, or failed in another way
With several agents: 0 when it succeeded on all of them, else 1.`;

/** The exit code for a command's results, one for each agent. */
export function exitCodeOfCommand(records: readonly CommandRecord[]): number {
  const [record] = records;
  if (record === undefined || records.length > 1) {
    return records.every(({ state }) => state === 'succeeded') ? 0 : 1;
  }
  switch (record.state) {
    case 'cancelled':
      return 130;
    case 'timed_out':
      return 124;
    case 'refused':
      return 126;
    default: {
      if (record.exitCode !== undefined) return record.exitCode;
      const signal = constants.signals[record.signal as NodeJS.Signals];
      if (signal !== undefined) return 128 + signal;
      return record.state === 'succeeded' ? 0 : 1;
    }
  }
}
