import {
  type CommandOutput,
  type CommandResult,
  type CommandStateReport,
  isFinalCommandState,
  ParleyError,
} from '@parley/shared-models';
import type { CommandStore, StoredCommand } from '@parley/store';
import { ended } from './command-audit.ts';
import type { CommandDelivery } from './command-delivery.ts';
import type { CommandHub } from './command-hub.ts';

/**
 * Reports of agents about their commands. All idempotent.
 * @throws ParleyError `not_found` for a command that is not theirs
 */
export interface AgentReports {
  state(report: CommandStateReport, instanceId: string): Promise<void>;
  /** @throws ParleyError `invalid_request` with `details.expectedSeq` when a piece is missing before it */
  output(output: CommandOutput): Promise<void>;
  result(result: CommandResult, instanceId: string): Promise<void>;
}

export interface AgentReportsOptions {
  readonly commands: CommandStore;
  readonly hub: CommandHub;
  readonly delivery: CommandDelivery;
  readonly outputLimitBytes: number;
}

/** Pieces of one command that are kept at most: tiny ones cost more than their bytes. */
const MAX_PIECES = 16_384;

const noSuchCommand = (): ParleyError =>
  new ParleyError('not_found', 'The server has sent you no such command.');

export function createAgentReports(options: AgentReportsOptions): AgentReports {
  const { commands, hub, delivery } = options;
  const limits = { bytes: options.outputLimitBytes, pieces: MAX_PIECES };

  /** @throws ParleyError `not_found` */
  const requireOwn = async (id: string, agentId: string, instanceId: string): Promise<StoredCommand> => {
    const command = await commands.get(id);
    if (command?.record.agentId !== agentId || command.instanceId !== instanceId) throw noSuchCommand();
    return command;
  };

  return {
    async state({ commandId, agentId, state, rule }, instanceId) {
      await requireOwn(commandId, agentId, instanceId);
      const event =
        state === 'running'
          ? ({ do: 'run', instanceId, rule } as const)
          : ({ do: 'await', instanceId, rule } as const);
      const applied = await commands.apply(commandId, event);
      if (applied === undefined) throw noSuchCommand();
      const { record } = applied.command;
      if (applied.hasChanged) hub.changed(record);
      else if (isFinalCommandState(record.state)) delivery.stopCommand(agentId, commandId);
    },

    async output({ commandId, agentId, stream, seq, data }) {
      const result = await commands.addOutput(commandId, agentId, { stream, seq, data }, limits);
      switch (result.outcome) {
        case 'stored':
          hub.printed(result.command.record, { stream, seq, data });
          return;
        case 'unknown':
          throw noSuchCommand();
        case 'gap':
          throw new ParleyError('invalid_request', `The pieces from ${result.expectedSeq} on are missing.`, {
            details: { path: 'seq', expectedSeq: result.expectedSeq },
          });
        case 'ended':
          delivery.stopCommand(agentId, commandId);
          return;
        case 'dropped':
        case 'repeated':
          return;
      }
    },

    async result(result, instanceId) {
      const { commandId, agentId } = result;
      await requireOwn(commandId, agentId, instanceId);
      const applied = await commands.apply(commandId, { do: 'end', instanceId, result }, ended('agent'));
      delivery.settled(agentId, commandId);
      if (applied?.hasChanged) hub.changed(applied.command.record);
      // There is room for one that waits.
      delivery.kick(agentId);
    },
  };
}
