import { AgentId, AgentLoad, AgentStatus } from '@parley/shared-models';
import { z } from 'zod';
import { agentState } from '../wire/enum-names.ts';
import { joinPieces, splitUpdate } from '../wire/status-pieces.ts';
import { withoutUnset } from '../wire/without-unset.ts';
import { asItIs, field, pushed, unary, type Wire } from './contract.ts';
import { PeerId } from './registration.ts';

/** Models in the shape that the .proto files give them. Only enums are named differently. */
const Status: Wire<AgentStatus> = {
  schema: AgentStatus.extend({ state: agentState.schema }),
  encode: (agent) => ({ ...agent, state: agentState.encode(agent.state) }),
};

export interface AgentStatusUpdate {
  readonly agents: readonly AgentStatus[];
  readonly isFull: boolean;
  /** Ids that were removed for good. */
  readonly removed: readonly string[];
  /** How busy agents are, where nothing else about them changed; for subscribers that read it. @default none */
  readonly loads?: readonly AgentLoad[] | undefined;
  /** How new the list is with this update, as `listRevision` writes it. @default the server does not say */
  readonly revision?: string | undefined;
}

/** An update, or a part of one that is too large for one message. */
export type StatusPiece = AgentStatusUpdate & { readonly hasMore: boolean };

const Piece: Wire<StatusPiece> = {
  schema: withoutUnset(
    z.object({
      agents: z.array(Status.schema),
      isFull: z.boolean(),
      removed: z.array(z.string()),
      loads: z.array(AgentLoad).optional(),
      hasMore: z.boolean(),
      revision: z.string().optional(),
    }),
    'loads',
    'revision',
  ),
  encode: (piece) => ({ ...piece, agents: piece.agents.map(Status.encode) }),
};

const STATUSES = { service: 'AgentStatusService', caller: 'anybody' } as const;

const example: AgentStatus = {
  agentId: 'echo',
  agentName: 'Echo',
  group: 'echo',
  description: 'Says it again',
  capabilities: ['echo'],
  keywords: ['say'],
  examples: ['Say it again'],
  state: 'online',
  load: 0.5,
  lastSeen: '2026-01-31T12:00:00.000Z',
  incarnation: 1,
  metrics: { handled: 3, failed: 1, meanHandleMs: 2.5 },
};

export const status = {
  /** The status of an agent, as far as any member may see it. */
  getAgentStatus: unary({
    ...STATUSES,
    rpc: 'GetAgentStatus',
    request: asItIs(z.object({ agentId: AgentId })),
    answer: field('agent', Status),
    example: { request: { agentId: 'echo' }, answer: example },
  }),
  /**
   * The full list first, then changes. A broker's `subscriberId` is its broker id: it counts as registered while its
   * stream is open, and is told all; others get the status that any member may know.
   */
  subscribeToAgentStatus: pushed({
    ...STATUSES,
    rpc: 'SubscribeToAgentStatus',
    request: asItIs(
      z.object({
        /** A broker gives its broker id, anybody else an id of its own. */
        subscriberId: PeerId,
        /** Whether it reads `loads`; otherwise `agents` has all about an agent whose load has changed. @default false */
        readsLoads: z.boolean().optional(),
      }),
    ),
    piece: Piece,
    split: (update: AgentStatusUpdate) => splitUpdate(update),
    join: joinPieces,
    example: {
      request: { subscriberId: 'broker-1' },
      item: { agents: [example], isFull: true, removed: [] },
    },
  }),
};
