import {
  AgentId,
  AgentMetrics,
  AgentName,
  AgentProfile,
  CommandOutput,
  CommandResult,
  CommandStateReport,
  LIMITS,
  nameText,
} from '@parley/shared-models';
import { z } from 'zod';
import { commandRunState, outputStream, reportedState } from './enum-names.ts';
import { withoutUnset } from './without-unset.ts';

/** Ids that a process makes for itself: any text that can be seen, logged and compared. */
const PeerId = nameText(128);
const Incarnation = z.number().int().positive();

/** What each RPC accepts, as the .proto files say it, turned into the models. */
export const RegisterAgent = z.object({
  agentId: AgentId,
  isExclusive: z.boolean(),
  instanceId: PeerId,
  profile: AgentProfile,
});

export const UnregisterAgent = z.object({ agentId: AgentId, incarnation: Incarnation });

export const Heartbeat = z.object({
  agentId: AgentId,
  incarnation: Incarnation,
  load: z.number().nonnegative(),
  metrics: z
    .union([z.null(), AgentMetrics])
    .transform((metrics) => metrics ?? { handled: 0, failed: 0, meanHandleMs: 0 }),
  state: reportedState.wire,
});

export const RegisterBroker = z.object({ brokerId: PeerId, name: AgentName });

export const UnregisterBroker = z.object({ brokerId: PeerId });

export const GetAgentStatus = z.object({ agentId: AgentId });

export const SubscribeToAgentStatus = z.object({ subscriberId: PeerId, readsLoads: z.boolean() });

export const ReceiveCommands = z.object({ agentId: AgentId, incarnation: Incarnation });

export const SendCommandOutput = CommandOutput.extend({
  agentId: AgentId,
  incarnation: Incarnation,
  stream: outputStream.wire,
  data: CommandOutput.shape.data.max(LIMITS.outputPieceLength),
});

export const SendCommandState = withoutUnset(
  CommandStateReport.extend({ agentId: AgentId, incarnation: Incarnation, state: commandRunState.wire }),
  'rule',
);

export const SendCommandResult = withoutUnset(
  CommandResult.extend({
    agentId: AgentId,
    incarnation: Incarnation,
    signal: z.string().max(32).optional(),
    errorMessage: z.string().max(4000).optional(),
  }),
  'isCancelled',
  'isTimedOut',
  'isLost',
);
