import type {
  AgentCommand,
  AgentLoad,
  AgentMetrics,
  AgentProfile,
  AgentState,
  AgentStatus,
  ChatMessage,
  CommandOutput,
  CommandResult,
  CommandStateReport,
  PublishedEvent,
} from '@parley/shared-models';
import type {
  AskRequest,
  HistoryRequest,
  ListEventsRequest,
  MemoryAccess,
  MemoryChange,
  MemoryEntry,
} from './agent-services.ts';
import type { BoundToken } from './bound-token.ts';
import type {
  CreateTaskRequest,
  RefineTaskRequest,
  SaveTaskRequest,
  TaskLease,
  TaskServices,
  VersionedTask,
} from './task-services.ts';

/** An attempt at a step, under a lease. */
export interface StepAttempt {
  readonly lease: TaskLease;
  readonly stepId: string;
  readonly attempt: number;
}

/** An agent that calls, as it was registered. */
export interface AgentCaller {
  readonly agentId: string;
  readonly incarnation: number;
}

export interface RegisterAgentRequest {
  /** The id that the agent wants; `isExclusive` tells what happens when it is in use. */
  readonly agentId: string;
  /**
   * true: this process takes the id over, an older one is fenced off. false: when a live process has the id,
   * the server gives the next free one (`finance`, `finance-2`, …).
   */
  readonly isExclusive: boolean;
  /**
   * Random per process, and its secret: the same process that registers again after a lost connection keeps its id. Servers
   * keep and show its digest only.
   */
  readonly instanceId: string;
  readonly profile: AgentProfile;
}

/** How a process that registers an agent has shown that it may. */
export interface Registrant {
  /** Its address, e.g. `127.0.0.1:40312`. */
  readonly peer: string;
  /** Its join token, where that is good for the id and group of the request only: then the answer must have that very id. */
  readonly token?: BoundToken | undefined;
}

export interface RegisterAgentResponse {
  readonly agentId: string;
  readonly incarnation: number;
  /** Send a heartbeat this often, in milliseconds; after two missed the agent counts as offline. */
  readonly heartbeatMs: number;
  /** `paused` when an operator paused this agent before. */
  readonly state: AgentState;
  /** Whether people show who they are before they may do anything. @default false: a server that does not say so */
  readonly peopleSignIn?: boolean;
}

export interface HeartbeatRequest {
  readonly agentId: string;
  readonly incarnation: number;
  /** 0 idle, 1 full. */
  readonly load: number;
  readonly metrics: AgentMetrics;
  /** What the agent is doing: `online`, `paused` or `draining`. */
  readonly state: AgentState;
}

export interface HeartbeatResponse {
  /** What the server wants it to do: `online` or `paused`. */
  readonly state: AgentState;
  /** As in `RegisterAgentResponse`. */
  readonly peopleSignIn?: boolean;
}

export interface RegisterBrokerRequest {
  readonly brokerId: string;
  readonly name: string;
}

export interface SubscribeToAgentStatusRequest {
  /** A broker gives its broker id, anybody else an id of its own. */
  readonly subscriberId: string;
  /** Whether it reads `loads`; otherwise `agents` has all about an agent whose load has changed. @default false */
  readonly readsLoads?: boolean;
}

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

/** A stream that the server pushes into; `end` closes it, with an error when one is given. */
export interface Push<T> {
  /** Returns false when the peer is slow and the stream's buffer is full: the stream is then ended by the control plane. */
  send(item: T): boolean;
  end(error?: Error): void;
}

/**
 * What the server does for each RPC. A `ParleyError` becomes the matching gRPC status with the code in the trailing
 * metadata `parley-code` and the details, as JSON, in `parley-details-bin`: `stale_incarnation` FAILED_PRECONDITION,
 * `not_found` and `unknown_agent` NOT_FOUND, `unauthenticated` UNAUTHENTICATED, `forbidden` PERMISSION_DENIED,
 * `id_taken` ALREADY_EXISTS, `too_many_members` RESOURCE_EXHAUSTED, `unavailable`, `bus_unavailable` and `store_unavailable` UNAVAILABLE, `not_supported` UNIMPLEMENTED, `id_conflict`
 * ABORTED, `rate_limited` RESOURCE_EXHAUSTED, `invalid_request` INVALID_ARGUMENT; any other code is INTERNAL with its text,
 * any other error INTERNAL without its text, which is logged.
 */
export interface ControlPlaneHandlers {
  registerAgent(request: RegisterAgentRequest, registrant: Registrant): Promise<RegisterAgentResponse>;
  unregisterAgent(request: { agentId: string; incarnation: number }): Promise<void>;
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatResponse>;
  /** Must be idempotent: a broker calls it again every `heartbeatMs`, as a sign of life. */
  registerBroker(request: RegisterBrokerRequest): Promise<{ heartbeatMs: number }>;
  unregisterBroker(request: { brokerId: string }): Promise<void>;
  /** What any member may know of an agent. */
  getAgentStatus(request: { agentId: string }): Promise<AgentStatus>;
  /**
   * The full list first, then changes. The returned function is called once, when the subscriber is gone. A broker's
   * `subscriberId` is its broker id: it counts as registered while its stream is open.
   * @param caller `isBroker`: it has shown the credential of that broker. Others get what any member may know.
   */
  subscribeToAgentStatus(
    request: SubscribeToAgentStatusRequest,
    push: Push<AgentStatusUpdate>,
    caller: { isBroker: boolean },
  ): () => void;
  /** The returned function is called once, when the stream is gone: that is how the end of an agent is seen at once. */
  receiveCommands(
    request: { agentId: string; incarnation: number },
    push: Push<AgentCommand>,
  ): Promise<() => void>;
  // What `AgentServices` offers to an agent; the group is that of the agent that calls.
  getMemory(request: AgentCaller & Parameters<MemoryAccess['get']>[0]): Promise<MemoryEntry>;
  putMemory(request: AgentCaller & Parameters<MemoryAccess['put']>[0]): Promise<MemoryEntry>;
  deleteMemory(request: AgentCaller & MemoryChange): Promise<number>;
  memoryHistory(
    request: AgentCaller & Parameters<MemoryAccess['history']>[0],
  ): Promise<readonly MemoryEntry[]>;
  history(request: AgentCaller & HistoryRequest): Promise<readonly ChatMessage[]>;
  /** The signal is aborted when the caller has gone, which stops nothing but the wait. */
  ask(request: AgentCaller & AskRequest, signal: AbortSignal): Promise<ChatMessage>;
  listEvents(request: AgentCaller & ListEventsRequest): Promise<readonly PublishedEvent[]>;
  cancelAsk(request: AgentCaller & { id: string }): Promise<void>;
  isWanted(request: AgentCaller & { requestId: string }): Promise<boolean>;
  // As `TaskServices`.
  createTask(request: AgentCaller & CreateTaskRequest): Promise<VersionedTask>;
  refineTask(request: AgentCaller & RefineTaskRequest): Promise<VersionedTask>;
  cancelTask(request: AgentCaller & { requestId: string; id: string }): Promise<VersionedTask>;
  getTask(request: AgentCaller & { id: string }): Promise<VersionedTask>;
  listTasks(request: AgentCaller & { requestId: string; limit: number }): Promise<readonly VersionedTask[]>;
  claimTasks(request: AgentCaller & { limit: number }): ReturnType<TaskServices['claim']>;
  renewLeases(request: AgentCaller & { leases: readonly TaskLease[] }): ReturnType<TaskServices['renew']>;
  releaseTask(request: AgentCaller & { lease: TaskLease }): Promise<void>;
  saveTask(request: AgentCaller & SaveTaskRequest): Promise<VersionedTask>;
  /** The signal is aborted when the caller has gone, which stops nothing but the wait. */
  runStep(
    request: AgentCaller & StepAttempt & { timeoutMs: number },
    signal: AbortSignal,
  ): Promise<ChatMessage>;
  cancelStep(request: AgentCaller & StepAttempt): Promise<void>;
  /** Must be idempotent: an agent that got no answer says it again. */
  commandState(report: CommandStateReport & { incarnation: number }): Promise<void>;
  /** Called for each piece, in order; a rejection ends the stream with that error. */
  commandOutput(output: CommandOutput & { incarnation: number }): Promise<void>;
  /** Must be idempotent: an agent that got no answer sends it again. */
  commandResult(result: CommandResult & { incarnation: number }): Promise<void>;
}
