import { AgentCommand, AgentId, AgentLoad, AgentStatus } from '@parley/shared-models';
import { z } from 'zod';
import { agentState, commandType } from './enum-names.ts';
import { withoutUnset } from './without-unset.ts';

/** What each RPC answers, as the .proto files say it, turned into the models. */
export const RegisteredAgent = z.object({
  agentId: AgentId,
  incarnation: z.number().int().positive(),
  heartbeatMs: z.number().int().positive(),
  state: agentState.wire,
  credential: z.string(),
  peopleSignIn: z.boolean(),
});

export const HeartbeatAnswer = z.object({ state: agentState.wire, peopleSignIn: z.boolean() });

export const RegisteredBroker = z.object({
  heartbeatMs: z.number().int().positive(),
  credential: z.string(),
});

const Status = AgentStatus.extend({ state: agentState.wire });

export const FoundAgent = z.object({ agent: Status });

export const StatusPiece = withoutUnset(
  z.object({
    agents: z.array(Status),
    isFull: z.boolean(),
    removed: z.array(z.string()),
    loads: z.array(AgentLoad).optional(),
    hasMore: z.boolean(),
    revision: z.string().optional(),
  }),
  'loads',
  'revision',
);

export const ReceivedCommand = withoutUnset(
  AgentCommand.extend({ type: commandType.wire }),
  'cwd',
  'requestedBy',
  'approvedBy',
  'outputLimitBytes',
  'outputSeq',
);

export const TakenOutput = z.object({ received: z.number().int().nonnegative() });
