import { EventEmitter, once } from 'node:events';
import {
  type AgentCommand,
  type AgentState,
  type AgentStatus,
  type ChatMessage,
  ParleyError,
} from '@parley/shared-models';
import type { AskRequest, MemoryEntry } from '../agent-services.ts';
import type {
  AgentCaller,
  AgentStatusUpdate,
  ControlPlaneHandlers,
  Push,
  RegisterAgentRequest,
  RegisterAgentResponse,
} from '../control-plane.ts';
import type { VersionedTask } from '../task-services.ts';

/** A server's memory, small but real: enough to register, fence, forget, pause and list agents. */
export interface InMemoryHandlers extends ControlPlaneHandlers {
  /** Every request that was handled, by the name of its handler. */
  readonly requests: { readonly rpc: string; readonly request: object }[];
  /** Resolves with the next request of this RPC, after it was handled; `<rpc> gone` for the end of a stream. */
  next(rpc: string): Promise<unknown>;
  /** The streams that are open: agents by id, subscribers by id. */
  readonly commandStreams: Map<string, Push<AgentCommand>>;
  readonly statusStreams: Map<string, Push<AgentStatusUpdate>>;
  /** What heartbeats and registrations answer. */
  wanted: AgentState;
  registerAgent(request: RegisterAgentRequest): Promise<RegisterAgentResponse>;
  /** As if another process had registered under this id. */
  takeOver(agentId: string): void;
  /** What `history` answers. */
  said: readonly ChatMessage[];
  /** What the RPCs of tasks answer. */
  task: VersionedTask | undefined;
  /** What `ask` answers. */
  answer: (request: AskRequest) => Promise<ChatMessage>;
  /** As if the server had never known it. */
  forget(agentId: string): void;
}

export function createInMemoryHandlers({
  heartbeatMs = 20,
}: {
  heartbeatMs?: number;
} = {}): InMemoryHandlers {
  const events = new EventEmitter();
  const agents = new Map<string, RegisterAgentRequest & { incarnation: number }>();
  const requests: InMemoryHandlers['requests'] = [];
  const commandStreams: InMemoryHandlers['commandStreams'] = new Map();
  const statusStreams: InMemoryHandlers['statusStreams'] = new Map();

  const values = new Map<string, MemoryEntry>();
  const past: MemoryEntry[] = [];

  const task = async (rpc: string, request: AgentCaller): Promise<VersionedTask> => {
    known(request.agentId, request.incarnation);
    handled(rpc, request);
    if (memory.task === undefined) throw new ParleyError('not_found', 'There is no such task.');
    return memory.task;
  };
  const handled = (rpc: string, request: object): void => {
    requests.push({ rpc, request });
    // The answer goes out first, so that whoever waits for the request sees what the caller sees.
    setImmediate(() => events.emit(rpc, request));
  };
  const known = (agentId: string, incarnation?: number): RegisterAgentRequest & { incarnation: number } => {
    const agent = agents.get(agentId);
    if (agent === undefined) throw new ParleyError('unknown_agent', `There is no agent "${agentId}".`);
    if (incarnation !== undefined && incarnation < agent.incarnation) {
      throw new ParleyError('stale_incarnation', `"${agentId}" was taken over.`);
    }
    return agent;
  };
  const follow = <T>(streams: Map<string, Push<T>>, rpc: string, id: string, push: Push<T>): (() => void) => {
    streams.set(id, push);
    return () => {
      if (streams.get(id) === push) streams.delete(id);
      handled(`${rpc} gone`, { id });
    };
  };

  const memory: InMemoryHandlers = {
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
      commandStreams.get(agentId)?.end(new ParleyError('unknown_agent', 'forgotten'));
    },
    async registerAgent(request) {
      const incarnation = (agents.get(request.agentId)?.incarnation ?? 0) + 1;
      agents.set(request.agentId, { ...request, incarnation });
      handled('registerAgent', request);
      return { agentId: request.agentId, incarnation, heartbeatMs, state: memory.wanted };
    },
    async unregisterAgent(request) {
      known(request.agentId, request.incarnation);
      agents.delete(request.agentId);
      handled('unregisterAgent', request);
    },
    async heartbeat(request) {
      known(request.agentId, request.incarnation);
      handled('heartbeat', request);
      return { state: memory.wanted };
    },
    async registerBroker(request) {
      handled('registerBroker', request);
      return { heartbeatMs };
    },
    async unregisterBroker(request) {
      handled('unregisterBroker', request);
    },
    async getAgentStatus(request) {
      handled('getAgentStatus', request);
      return statusOf(known(request.agentId));
    },
    subscribeToAgentStatus(request, push) {
      handled('subscribeToAgentStatus', request);
      push.send({ agents: [...agents.values()].map(statusOf), isFull: true, removed: [] });
      return follow(statusStreams, 'subscribeToAgentStatus', request.subscriberId, push);
    },
    async receiveCommands(request, push) {
      known(request.agentId, request.incarnation);
      handled('receiveCommands', request);
      return follow(commandStreams, 'receiveCommands', request.agentId, push);
    },
    async getMemory(request) {
      known(request.agentId, request.incarnation);
      handled('getMemory', request);
      return values.get(request.key) ?? neverRemembered(request.key);
    },
    async putMemory(request) {
      known(request.agentId, request.incarnation);
      handled('putMemory', request);
      const { key, value, writeId = '', expectedVersion } = request;
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
    async deleteMemory(request) {
      known(request.agentId, request.incarnation);
      handled('deleteMemory', request);
      return values.get(request.key)?.version ?? 0;
    },
    async memoryHistory(request) {
      handled('memoryHistory', request);
      const { key, limit, beforeVersion = Number.POSITIVE_INFINITY } = request;
      return past.filter((entry) => entry.key === key && entry.version < beforeVersion).slice(0, limit);
    },
    async history(request) {
      known(request.agentId, request.incarnation);
      handled('history', request);
      return memory.said;
    },
    async ask(request, signal) {
      known(request.agentId, request.incarnation);
      handled('ask', request);
      signal.addEventListener('abort', () => handled('ask gone', {}));
      return memory.answer(request);
    },
    async listEvents(request) {
      handled('listEvents', request);
      return [];
    },
    async cancelAsk(request) {
      handled('cancelAsk', request);
    },
    async isWanted(request) {
      handled('isWanted', request);
      return true;
    },
    createTask: (request) => task('createTask', request),
    refineTask: (request) => task('refineTask', request),
    cancelTask: (request) => task('cancelTask', request),
    getTask: (request) => task('getTask', request),
    saveTask: (request) => task('saveTask', request),
    listTasks: async (request) => [await task('listTasks', request)],
    claimTasks: async (request) => ({ tasks: [await task('claimTasks', request)], leaseMs: 10_000 }),
    async renewLeases(request) {
      handled('renewLeases', request);
      return request.leases.map(({ id }) => ({ id, version: 3 }));
    },
    async releaseTask(request) {
      handled('releaseTask', request);
    },
    async runStep(request) {
      known(request.agentId, request.incarnation);
      handled('runStep', request);
      const { lease, stepId, timeoutMs } = request;
      return memory.answer({ requestId: lease.id, id: lease.id, target: {}, text: stepId, timeoutMs });
    },
    async cancelStep(request) {
      handled('cancelStep', request);
    },
    async commandState(report) {
      known(report.agentId, report.incarnation);
      handled('commandState', report);
    },
    async commandOutput(output) {
      known(output.agentId, output.incarnation);
      handled('commandOutput', output);
    },
    async commandResult(result) {
      known(result.agentId, result.incarnation);
      handled('commandResult', result);
    },
  };
  return memory;
}

function neverRemembered(key: string): MemoryEntry {
  return { key, value: '', version: 0, updatedAt: '', isDeleted: false, writeId: '' };
}

function statusOf({
  agentId,
  profile,
  incarnation,
}: RegisterAgentRequest & { incarnation: number }): AgentStatus {
  return agentStatus({ agentId, agentName: profile.name, group: profile.group, incarnation });
}

/** A status as a server would give it. */
export function agentStatus(fields: Partial<AgentStatus> = {}): AgentStatus {
  return {
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
    ...fields,
  };
}
