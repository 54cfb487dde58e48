import { EventEmitter, once } from 'node:events';
import {
  type AgentCommand,
  type AgentState,
  type AgentStatus,
  type ChatMessage,
  ParleyError,
} from '@parley/shared-models';
import type { AgentCaller } from '../src/contracts/contract.ts';
import type { CallContext, ControlPlaneHandlers, Push } from '../src/contracts/handlers.ts';
import { type AnswerOf, CONTRACTS, type RequestOf } from '../src/contracts/index.ts';
import type { MemoryEntry } from '../src/contracts/memory.ts';
import type { RegisterAgentRequest } from '../src/contracts/registration.ts';
import type { AgentStatusUpdate } from '../src/contracts/status.ts';
import type { VersionedTask } from '../src/contracts/tasks.ts';

/**
 * A server's memory, small but real: enough to register, fence, forget, pause and list agents. Other RPCs are answered
 * with the contracts' examples.
 */
export interface InMemoryHandlers extends ControlPlaneHandlers {
  /** Every request that was handled, by the name of its handler. */
  readonly requests: { readonly rpc: string; readonly request: object }[];
  /** Resolves with the next request of this RPC, after it was handled; `<rpc> gone` for the end of a stream. */
  next(rpc: string): Promise<unknown>;
  /** The streams that are open: agents by id, subscribers by id. */
  readonly commandStreams: Map<string, Push<AgentCommand>>;
  readonly statusStreams: Map<string, Push<AgentStatusUpdate>>;
  registerAgent(request: RegisterAgentRequest, context?: CallContext): Promise<AnswerOf<'registerAgent'>>;
  /** The state that heartbeats and registrations answer. */
  wanted: AgentState;
  /** As if another process had registered under this id. */
  takeOver(agentId: string): void;
  /** The messages that `history` answers. */
  said: readonly ChatMessage[];
  /** The task that the RPCs of tasks answer. */
  task: VersionedTask | undefined;
  /** The reply that `ask` and `runStep` answer. */
  answer: (request: RequestOf<'ask'> | RequestOf<'runStep'>) => Promise<ChatMessage>;
  /** As if the server had never known it. */
  forget(agentId: string): void;
}

type Registered = RegisterAgentRequest & { readonly incarnation: number };
type AnyRequest = Partial<AgentCaller>;

export function createInMemoryHandlers({
  heartbeatMs = 20,
}: {
  heartbeatMs?: number;
} = {}): InMemoryHandlers {
  const events = new EventEmitter();
  const agents = new Map<string, Registered>();
  const requests: InMemoryHandlers['requests'] = [];
  const commandStreams: InMemoryHandlers['commandStreams'] = new Map();
  const statusStreams: InMemoryHandlers['statusStreams'] = new Map();
  const values = new Map<string, MemoryEntry>();
  const past: MemoryEntry[] = [];

  const handled = (rpc: string, request: object): void => {
    requests.push({ rpc, request });
    // The answer goes out first, so that code that waits for the request sees the same as the caller.
    setImmediate(() => events.emit(rpc, request));
  };
  const known = (agentId: string, incarnation?: number): Registered => {
    const agent = agents.get(agentId);
    if (agent === undefined) {
      const code = incarnation === undefined ? 'unknown_agent' : 'not_registered';
      throw new ParleyError(code, `"${agentId}" is not registered here.`);
    }
    if (incarnation !== undefined && incarnation < agent.incarnation) {
      throw new ParleyError('stale_incarnation', `"${agentId}" was taken over.`);
    }
    return agent;
  };
  /** Only the agent itself may call on its behalf. */
  const take = (rpc: string, request: AnyRequest): void => {
    const { agentId, incarnation } = request;
    if (agentId !== undefined && incarnation !== undefined) known(agentId, incarnation);
    handled(rpc, request);
  };
  const follow = <T>(streams: Map<string, Push<T>>, rpc: string, id: string, push: Push<T>): (() => void) => {
    streams.set(id, push);
    return () => {
      if (streams.get(id) === push) streams.delete(id);
      handled(`${rpc} gone`, { id });
    };
  };
  const taskNow = (): VersionedTask => {
    if (memory.task === undefined) throw new ParleyError('not_found', 'There is no such task.');
    return memory.task;
  };

  /** The effect of an RPC once its request is accepted. */
  const done: Partial<ControlPlaneHandlers> = {
    async registerAgent(request) {
      const incarnation = (agents.get(request.agentId)?.incarnation ?? 0) + 1;
      agents.set(request.agentId, { ...request, incarnation });
      return { agentId: request.agentId, incarnation, heartbeatMs, state: memory.wanted };
    },
    async unregisterAgent({ agentId }) {
      agents.delete(agentId);
    },
    heartbeat: async () => ({ state: memory.wanted }),
    registerBroker: async () => ({ heartbeatMs }),
    getAgentStatus: async ({ agentId }) => statusOf(known(agentId)),
    subscribeToAgentStatus({ subscriberId }, push) {
      push.send({ agents: [...agents.values()].map(statusOf), isFull: true, removed: [] });
      return follow(statusStreams, 'subscribeToAgentStatus', subscriberId, push);
    },
    receiveCommands: ({ agentId }, push) => follow(commandStreams, 'receiveCommands', agentId, push),
    getMemory: async ({ key }) => values.get(key) ?? neverRemembered(key),
    async putMemory({ key, value, writeId = '', expectedVersion }) {
      const { version } = values.get(key) ?? neverRemembered(key);
      if (expectedVersion !== undefined && expectedVersion !== version) {
        throw new ParleyError('id_conflict', `it has version ${version}`, { details: { version } });
      }
      const updatedAt = '2026-01-31T12:00:00.000Z';
      const entry = { key, value, version: version + 1, updatedAt, isDeleted: false, writeId };
      values.set(key, entry);
      past.unshift(entry);
      return entry;
    },
    deleteMemory: async ({ key }) => values.get(key)?.version ?? 0,
    memoryHistory: async ({ key, limit, beforeVersion = Number.POSITIVE_INFINITY }) =>
      past.filter((entry) => entry.key === key && entry.version < beforeVersion).slice(0, limit),
    history: async () => memory.said,
    ask(request, { signal }) {
      signal.addEventListener('abort', () => handled('ask gone', {}));
      return memory.answer(request);
    },
    createTask: async () => taskNow(),
    refineTask: async () => taskNow(),
    cancelTask: async () => taskNow(),
    getTask: async () => taskNow(),
    saveTask: async () => taskNow(),
    listTasks: async () => [taskNow()],
    claimTasks: async () => ({ tasks: [taskNow()], leaseMs: 10_000 }),
    renewLeases: async ({ leases }) => leases.map(({ id }) => ({ id, version: 3 })),
    runStep: async (request) => (request.isCancellation ? undefined : memory.answer(request)),
  };

  const handlers = Object.fromEntries(
    Object.entries(CONTRACTS).map(([rpc, { example }]) => {
      const handle = done[rpc as keyof ControlPlaneHandlers] as ((...args: unknown[]) => unknown) | undefined;
      const answer = 'answer' in example ? example.answer : undefined;
      return [
        rpc,
        async (request: AnyRequest, ...more: unknown[]): Promise<unknown> => {
          take(rpc, request);
          return handle === undefined ? answer : handle(request, ...more);
        },
      ];
    }),
  ) as unknown as ControlPlaneHandlers;

  const memory: InMemoryHandlers = {
    ...(handlers as InMemoryHandlers),
    requests,
    commandStreams,
    statusStreams,
    wanted: 'online',
    said: [],
    task: undefined,
    answer: () => Promise.reject(new ParleyError('unknown_agent', 'nobody there')),
    next: async (rpc) => (await once(events, rpc))[0],
    takeOver(agentId) {
      const agent = known(agentId);
      agents.set(agentId, { ...agent, instanceId: 'another process', incarnation: agent.incarnation + 1 });
    },
    forget(agentId) {
      agents.delete(agentId);
      commandStreams.get(agentId)?.end(new ParleyError('not_registered', 'forgotten'));
    },
  };
  return memory;
}

function neverRemembered(key: string): MemoryEntry {
  return { key, value: '', version: 0, updatedAt: '', isDeleted: false, writeId: '' };
}

function statusOf({ agentId, profile, incarnation }: Registered): AgentStatus {
  return agentStatus({ agentId, agentName: profile.name, group: profile.group, incarnation });
}

/** A status as a server would give it. */
export function agentStatus(fields: Partial<AgentStatus> = {}): AgentStatus {
  return { ...CONTRACTS.getAgentStatus.example.answer, ...fields };
}
