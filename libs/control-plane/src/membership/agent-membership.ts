import type {
  AgentCommand,
  AgentMetrics,
  AgentProfile,
  AgentState,
  CommandOutput,
  CommandResult,
  CommandStateReport,
  ParleyError,
} from '@parley/shared-models';
import type { ControlPlaneClient, ControlPlaneClientOptions } from '../client/create-client.ts';
import type { AgentServices } from '../contracts/index.ts';
import type { MemberQueue } from './member-queue.ts';

/** An agent's identity, according to the server. */
export interface AgentIdentity {
  readonly agentId: string;
  readonly incarnation: number;
}

export interface JoinAsAgentOptions extends ControlPlaneClientOptions {
  /** How it reaches the server. @default over gRPC */
  readonly connect?: ((options: ControlPlaneClientOptions) => ControlPlaneClient) | undefined;
  /** By it the server knows the process. @default random */
  readonly instanceId?: string | undefined;
  /** The id that the agent wants. */
  readonly agentId: string;
  /** true: takes the id over from the process that has it. false: the server may give another. */
  readonly isExclusive: boolean;
  readonly profile: AgentProfile;
  /** Goes with each heartbeat: messages in hand divided by concurrency. */
  load(): number;
  /** Goes with each heartbeat. */
  metrics(): AgentMetrics;
  /** Goes with each heartbeat: the agent's state. */
  state(): AgentState;
  /** The queue on which it is. @default not said: a server with a queue of its own refuses that */
  readonly queue?: MemberQueue | undefined;
  /** The server has taken the agent in, for the first time or again. `state` is the state that the server wants. */
  onRegistered(registered: AgentIdentity & { state: AgentState }): void;
  /** The server wants another state than before: an operator paused or resumed the agent. */
  onState(wanted: AgentState): void;
  /** Every command but `pause` and `resume`, which come as `onState`. May be the same one again after a reconnect, or approved. */
  onCommand(command: AgentCommand): void;
  /** Joins only where people sign in. @default false */
  readonly needsSignIn?: boolean | undefined;
  /** Nobody signs in there, and the agent needs that. It has left again, and the membership has ended for good. */
  onNobodySignsIn?(): void;
  /** Another process has taken the id over. The membership has ended for good; this process must stop working. */
  onFenced(): void;
  /**
   * The server refuses this agent for a reason that waiting does not mend, e.g. `unauthenticated` or `invalid_request`.
   * It is tried again all the same, since the server may be restarted with other settings, until `stop` is called.
   */
  onRefused?(error: ParleyError): void;
}

/** Its memory, history and questions @throws ParleyError `unavailable` before the first registration. */
export interface AgentMembership extends AgentServices {
  /** The identity that the server gave last; undefined before the first registration. */
  readonly identity: AgentIdentity | undefined;
  /** Whether the server counts on this agent now. */
  readonly isConnected: boolean;
  /**
   * Sends a heartbeat now, so that the server knows the new state at once. Resolves when it was answered, or when it
   * could not be sent, which the log says.
   */
  reportState(): Promise<void>;
  /** Registers again with another profile, under the same id; at once, or when the server is there again. */
  setProfile(profile: AgentProfile): void;
  /** @throws ParleyError `unavailable`, `stale_incarnation`, `not_found` */
  sendCommandState(report: Omit<CommandStateReport, 'agentId'>): Promise<void>;
  /**
   * Opens the stream for the output of commands.
   * @throws ParleyError `unavailable` before the first registration
   */
  openCommandOutput(): AgentCommandOutput;
  /** @throws ParleyError `unavailable`, `stale_incarnation`, `not_found` */
  sendCommandResult(result: Omit<CommandResult, 'agentId'>): Promise<void>;
  /**
   * Unregisters, so that the server does not wait for the lease to run out, then stops. Never rejects.
   * @param timeoutMs in milliseconds. @default 2000
   */
  leave(timeoutMs?: number): Promise<void>;
  /** Stops without unregistering: the server sees the end of the stream. Idempotent, never rejects. */
  stop(): Promise<void>;
}

/** As `CommandOutputStream`, with the agent's identity filled in. */
export interface AgentCommandOutput {
  send(output: Omit<CommandOutput, 'agentId'>): Promise<void>;
  end(): Promise<number>;
  cancel(): void;
}
