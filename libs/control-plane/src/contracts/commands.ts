import {
  AgentCommand,
  CommandOutput,
  CommandResult,
  CommandStateReport,
  LIMITS,
} from '@parley/shared-models';
import { z } from 'zod';
import { commandRunState, commandType, outputStream } from '../wire/enum-names.ts';
import { withoutUnset } from '../wire/without-unset.ts';
import { asItIs, Caller, EXAMPLE_CALLER, NOTHING, pushed, sent, unary } from './contract.ts';

const COMMANDS = { service: 'CommandService', caller: 'agent' } as const;
const commandId = '0190aaaa-0000-7000-8000-000000000001';

export const commands = {
  /** The end of the stream is how the end of an agent is seen at once. */
  receiveCommands: pushed({
    ...COMMANDS,
    rpc: 'ReceiveCommands',
    request: asItIs(z.object(Caller)),
    piece: {
      schema: withoutUnset(
        AgentCommand.extend({ type: commandType.schema }),
        'cwd',
        'requestedBy',
        'approvedBy',
        'outputLimitBytes',
        'outputSeq',
      ),
      encode: (command) => ({ ...command, type: commandType.encode(command.type) }),
    },
    split: (command: AgentCommand) => [command],
    join: async function* (pieces) {
      yield* pieces;
    },
    example: {
      request: EXAMPLE_CALLER,
      item: { commandId, type: 'shell', content: 'ls', timeoutMs: 30_000, isCancellation: false },
    },
  }),
  /** Must be idempotent: an agent that got no answer says it again. */
  sendCommandState: unary({
    ...COMMANDS,
    rpc: 'SendCommandState',
    request: {
      schema: withoutUnset(CommandStateReport.extend({ ...Caller, state: commandRunState.schema }), 'rule'),
      encode: (report) => ({ ...report, state: commandRunState.encode(report.state) }),
    },
    answer: NOTHING,
    example: { request: { ...EXAMPLE_CALLER, commandId, state: 'running' }, answer: undefined },
  }),
  /** Handled for each piece, in order; one that is refused ends the stream. */
  sendCommandOutput: sent({
    ...COMMANDS,
    rpc: 'SendCommandOutput',
    request: {
      schema: CommandOutput.extend({
        ...Caller,
        stream: outputStream.schema,
        data: CommandOutput.shape.data.max(LIMITS.outputPieceLength),
      }),
      encode: (output) => ({ ...output, stream: outputStream.encode(output.stream) }),
    },
    example: { request: { ...EXAMPLE_CALLER, commandId, stream: 'stdout', seq: 1, data: 'x' } },
  }),
  /** Must be idempotent: an agent that got no answer sends it again. */
  sendCommandResult: unary({
    ...COMMANDS,
    rpc: 'SendCommandResult',
    request: asItIs(
      withoutUnset(
        CommandResult.extend({
          ...Caller,
          signal: z.string().max(32).optional(),
          errorMessage: z.string().max(4000).optional(),
        }),
        'isCancelled',
        'isTimedOut',
        'isLost',
      ),
    ),
    answer: NOTHING,
    example: {
      request: { ...EXAMPLE_CALLER, commandId, success: true, truncated: false, durationMs: 1 },
      answer: undefined,
    },
  }),
};
