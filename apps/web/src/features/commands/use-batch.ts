import type { CommandRecord } from '@parley/shared-models';
import { useMemo } from 'react';
import type { CommandRecords } from '../../session/command-records.ts';

/** What was asked for at once, by the agents' names. */
export function useBatch(commands: CommandRecords, batchId: string): readonly CommandRecord[] {
  return useMemo(
    () =>
      Object.values(commands)
        .filter((command) => command.batchId === batchId)
        .toSorted((one, other) => one.agentName.localeCompare(other.agentName)),
    [commands, batchId],
  );
}
