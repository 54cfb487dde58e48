import type {
  AgentStatusUpdate,
  BoundToken,
  HeartbeatRequest,
  RegisterAgentRequest,
  RegisterAgentResponse,
} from '@parley/control-plane';
import type { AgentClaim, AgentState, AgentStatus, WantedAgentState } from '@parley/shared-models';
import type { AgentEntry } from './agent-entry.ts';

/** The agents that this server knows, which of them live, and the states that operators want for them. */
export interface AgentRegistry {
  /**
   * @param token the join token, where that is good for this id and group only: no other id is given, and with its end the
   *   agent is expelled
   * @returns also the entry that the id had before
   * @throws ParleyError `id_taken`, `stale_incarnation` when another process has replaced this one, `too_many_members`
   */
  register(
    request: RegisterAgentRequest,
    token?: BoundToken,
  ): Promise<RegisterAgentResponse & { readonly replaced?: AgentEntry | undefined }>;
  unregister(agentId: string, incarnation: number): Promise<void>;
  /** Returns the state that the agent shall take. @throws ParleyError `not_registered`, `stale_incarnation` */
  heartbeat(request: HeartbeatRequest): { state: AgentState };
  /** The agent's command stream is open or gone; a killed agent is noticed by that first. */
  setConnected(agentId: string, incarnation: number, isConnected: boolean): void;
  /**
   * An operator wants this state for the agent, at whichever server it is.
   * @throws ParleyError `unknown_agent`; the store's error: then nothing has changed here
   */
  want(agentId: string, wanted: WantedAgentState): Promise<void>;
  /**
   * Takes over a wanted state from another server or from the store.
   * @param asOf the `wantedAt()` before it was read: a state that was wanted here since then stays
   */
  learnWanted(agentId: string, wanted: WantedAgentState, asOf?: number): void;
  wantedAt(): number;
  /** Calls the listener when another state is wanted for an agent, and stored. */
  onWanted(listener: (change: WantedChange) => void): () => void;
  /**
   * Takes it off the list for good, with its queue. Returns whether it did: not one that comes back meanwhile. Where it
   * throws, the agent stays.
   */
  forget(agentId: string): Promise<boolean>;
  /**
   * @param incarnation of the agent that asks. @default somebody else asks about it
   * @throws ParleyError `unknown_agent`; with an incarnation `not_registered`, `stale_incarnation`
   */
  require(agentId: string, incarnation?: number): AgentEntry;
  get(agentId: string): AgentEntry | undefined;
  /** Whether this server has heard of the incarnation itself. */
  wasHere(agentId: string, incarnation: number): boolean;
  /** Whether it was, within its lease; of any incarnation, without that argument. */
  isAlive(agentId: string, incarnation?: number): boolean;
  list(): AgentStatus[];
  /** How new the list is; see `listRevision`. */
  readonly revision: string;
  /** Of those that this server has heard itself; without ids, of all that are within their lease. */
  claims(agentIds?: readonly string[]): AgentClaim[];
  /** Takes a claim of another server, which holds for `vouchMs`, unless this one knows better. */
  hear(
    serverId: string,
    said: { readonly agents: readonly AgentClaim[]; readonly removed: readonly string[] },
    vouchMs: number,
  ): void;
  /** Claims of others that still hold, hold for this long from now on. */
  prolong(vouchMs: number): void;
  /** Calls the listener when the list changes in anything but how busy agents are. */
  onChange(listener: (update: AgentStatusUpdate) => void): () => void;
  /** Calls the listener with agents whose load and metrics have changed and nothing else. The list is as new as it was. */
  onLoads(listener: (agents: readonly AgentStatus[]) => void): () => void;
  /** Loads the stored agents. One that was online has one lease to come back before it counts as offline. */
  load(): Promise<void>;
  /**
   * Marks those whose lease has run out; called by the lease watch. Returns the ids of the offline ones that no other
   * server hears of, with the time since.
   */
  expire(): { agentId: string; offlineForMs: number }[];
}

export interface WantedChange {
  readonly agentId: string;
  readonly wanted: WantedAgentState;
  /** Whether an operator said so to this server. */
  readonly isOrderedHere: boolean;
}
