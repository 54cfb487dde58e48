import {
  AgentId,
  AgentMetrics,
  AgentName,
  AgentProfile,
  type AgentState,
  nameText,
} from '@parley/shared-models';
import { z } from 'zod';
import { agentState, reportedState } from '../wire/enum-names.ts';
import { asItIs, Caller, EXAMPLE_CALLER, NOTHING, unary, type Wire } from './contract.ts';

/** Ids that a process makes for itself: any text that can be seen, logged and compared. */
export const PeerId = nameText(128);

/** Which queue a member is on, as `name()` of its bus says. @default not said */
const QueueName = z.string().max(500).optional();

const RegisterAgentRequest = z.object({
  /** The id that the agent wants; `isExclusive` tells what happens when it is in use. */
  agentId: AgentId,
  /**
   * true: this process takes the id over, an older one is fenced off. false: when a live process has the id,
   * the server gives the next free one (`finance`, `finance-2`, …).
   */
  isExclusive: z.boolean(),
  /**
   * Random per process, and its secret: the same process that registers again after a lost connection keeps its id. Servers
   * keep and show its digest only.
   */
  instanceId: PeerId,
  profile: AgentProfile,
  queue: QueueName,
});
export type RegisterAgentRequest = z.infer<typeof RegisterAgentRequest>;

const RegisteredAgent = z.object({
  agentId: AgentId,
  incarnation: Caller.incarnation,
  /** Send a heartbeat this often, in milliseconds; after two missed the agent counts as offline. */
  heartbeatMs: z.number().int().positive(),
  /** `paused` when an operator paused this agent before. */
  state: agentState.schema,
  /** Whether people have to sign in before they may do anything. @default false: a server that does not say so */
  peopleSignIn: z.boolean().optional(),
});
export type RegisterAgentResponse = z.infer<typeof RegisteredAgent>;

const Heartbeat = z.object({
  ...Caller,
  /** 0 idle, 1 full. */
  load: z.number().nonnegative(),
  metrics: z
    .union([z.null(), AgentMetrics])
    .transform((metrics) => metrics ?? { handled: 0, failed: 0, meanHandleMs: 0 }),
  /** The agent's state: `online`, `paused` or `draining`. */
  state: reportedState.schema as z.ZodType<AgentState>,
});
export type HeartbeatRequest = z.infer<typeof Heartbeat>;

/** The state that the server wants: `online` or `paused`; `peopleSignIn` as in `RegisterAgentResponse`. */
const Wanted = RegisteredAgent.pick({ state: true, peopleSignIn: true });
export type HeartbeatResponse = z.infer<typeof Wanted>;

const withState = <T extends { readonly state: Parameters<typeof agentState.encode>[0] }>(
  schema: z.ZodType<T>,
): Wire<T> => ({ schema, encode: (value) => ({ ...value, state: agentState.encode(value.state) }) });

const RegisteredBroker = z.object({ heartbeatMs: z.number().int().positive() });

const AGENTS = { service: 'AgentRegistrationService' } as const;
const BROKERS = { service: 'BrokerRegistrationService' } as const;

export const registration = {
  registerAgent: unary({
    ...AGENTS,
    rpc: 'RegisterAgent',
    caller: 'anybody',
    gives: 'agent',
    request: asItIs(RegisterAgentRequest),
    answer: withState(RegisteredAgent),
    example: {
      request: {
        agentId: 'echo',
        isExclusive: false,
        instanceId: 'process 1',
        profile: AgentProfile.parse({ name: 'Echo', group: 'echo' }),
      },
      answer: { ...EXAMPLE_CALLER, heartbeatMs: 2000, state: 'online' },
    },
  }),
  unregisterAgent: unary({
    ...AGENTS,
    rpc: 'UnregisterAgent',
    caller: 'agent',
    request: asItIs(z.object(Caller)),
    answer: NOTHING,
    example: { request: EXAMPLE_CALLER, answer: undefined },
  }),
  heartbeat: unary({
    ...AGENTS,
    rpc: 'Heartbeat',
    caller: 'agent',
    request: {
      schema: Heartbeat,
      encode: (beat) => ({ ...beat, state: agentState.encode(beat.state) }),
    },
    answer: withState(Wanted),
    example: {
      request: {
        ...EXAMPLE_CALLER,
        load: 0.5,
        metrics: { handled: 3, failed: 1, meanHandleMs: 2.5 },
        state: 'online',
      },
      answer: { state: 'online' },
    },
  }),
  /** Must be idempotent: a broker calls it again every `heartbeatMs`, as a sign of life. */
  registerBroker: unary({
    ...BROKERS,
    rpc: 'RegisterBroker',
    caller: 'anybody',
    gives: 'broker',
    request: asItIs(z.object({ brokerId: PeerId, name: AgentName, queue: QueueName })),
    answer: asItIs(RegisteredBroker),
    example: { request: { brokerId: 'broker-1', name: 'Broker' }, answer: { heartbeatMs: 2000 } },
  }),
  unregisterBroker: unary({
    ...BROKERS,
    rpc: 'UnregisterBroker',
    caller: 'broker',
    request: asItIs(z.object({ brokerId: PeerId })),
    answer: NOTHING,
    example: { request: { brokerId: 'broker-1' }, answer: undefined },
  }),
};
