import { isDeepStrictEqual } from 'node:util';
import type { AgentStatusUpdate, BoundToken } from '@parley/control-plane';
import type {
  AgentMetrics,
  AgentProfile,
  AgentState,
  AgentStatus,
  WantedAgentState,
} from '@parley/shared-models';
import type { StoredAgent } from '@parley/store';

/** An agent as the server holds it in memory. */
export interface AgentEntry {
  readonly agentId: string;
  readonly profile: AgentProfile;
  /** Of the process that registered it; empty when it was only read from the store. */
  readonly instanceId: string;
  /** Which call registered it: later ones have larger numbers; 0 when it was only read from the store. */
  readonly registration: number;
  /** The join token by which it has registered at this server, where that is bound to it. */
  readonly token?: BoundToken | undefined;
  readonly incarnation: number;
  /**
   * The first incarnation of this process: messages that it sent under an earlier incarnation of its own are not
   * outdated.
   */
  readonly firstIncarnation: number;
  state: AgentState;
  /** The state that an operator wants. */
  wanted: WantedAgentState;
  /** Counts the wanted states of all agents: larger ones are later. 0: it was only read. */
  wantedAt: number;
  /** The other server that has heard of it; undefined: this server, or no server. */
  server: string | undefined;
  /** Whether this server has heard of this incarnation itself; others are only read from the store. */
  isHeard: boolean;
  /** Whether its command stream is open. */
  isConnected: boolean;
  /** Whether it has opened that stream here and it has not ended. `isConnected` presumes so from its registration on. */
  hasStream?: boolean;
  /**
   * Its lease has run out while its command stream was open, so its process is there and does nothing: a handler computes without
   * an `await`, say. The stream of a process that died ends at once.
   */
  standsStill?: boolean;
  load: number;
  metrics: AgentMetrics;
  /** Unix milliseconds. */
  lastSeen: number;
  /** These two on the registry's own clock, in milliseconds. */
  leaseUntil: number;
  offlineSince: number | undefined;
  /** It has said good-bye: it does not come back as this incarnation. */
  hasLeft?: boolean;
}

/**
 * The state that the process is told. An agent that was taken off the list acts as a paused one: it takes no
 * messages.
 */
export const toldOf = ({ wanted }: Pick<AgentEntry, 'wanted'>): 'online' | 'paused' =>
  wanted === 'online' ? 'online' : 'paused';

export function statusOf(entry: AgentEntry): AgentStatus {
  const { profile } = entry;
  return {
    agentId: entry.agentId,
    agentName: profile.name,
    group: profile.group,
    description: profile.description,
    capabilities: profile.capabilities,
    keywords: profile.keywords,
    examples: profile.examples,
    state: entry.state,
    load: entry.load,
    lastSeen: new Date(entry.lastSeen).toISOString(),
    incarnation: entry.incarnation,
    metrics: entry.metrics,
    ...(profile.host === undefined ? {} : { host: profile.host }),
  };
}

const IDLE = { load: 0, metrics: { handled: 0, failed: 0, meanHandleMs: 0 } };

/** Whether the list shows something else now, apart from how busy the agent is and when it was last seen. */
export function looksDifferent(before: AgentEntry | undefined, after: AgentEntry): boolean {
  const shownOf = (entry: AgentEntry): AgentStatus => ({ ...statusOf(entry), lastSeen: '', ...IDLE });
  return before === undefined || !isDeepStrictEqual(shownOf(before), shownOf(after));
}

type Busy = Pick<AgentEntry, 'load' | 'metrics'>;

export function isAsBusy(before: Busy | undefined, after: Busy): boolean {
  return before?.load === after.load && isDeepStrictEqual(before.metrics, after.metrics);
}

/**
 * The part of a status for members other than brokers: the agent's purpose and whether it is there; not how busy it
 * is.
 */
export function directoryEntry(status: AgentStatus): AgentStatus {
  return { ...status, ...IDLE };
}

export function directory(update: AgentStatusUpdate): AgentStatusUpdate {
  return { ...update, agents: update.agents.map(directoryEntry) };
}

/**
 * The entry as it was when the server went down. An agent that was online then has one lease to come back.
 * @param now on the registry's clock, in milliseconds, as `leaseMs`
 */
export function entryOfStored(stored: StoredAgent, now: number, leaseMs: number): AgentEntry {
  const isOffline = stored.state === 'offline' || stored.wanted === 'offline';
  return {
    agentId: stored.agentId,
    profile: stored.profile,
    instanceId: '',
    registration: 0,
    incarnation: stored.incarnation,
    firstIncarnation: stored.incarnation,
    state: isOffline ? 'offline' : stored.wanted,
    wanted: stored.wanted,
    wantedAt: 0,
    server: undefined,
    isHeard: false,
    isConnected: false,
    ...IDLE,
    lastSeen: Date.parse(stored.lastSeen),
    leaseUntil: isOffline ? 0 : now + leaseMs,
    offlineSince: isOffline ? offlineSinceOf(stored, now) : undefined,
  };
}

function offlineSinceOf({ wanted, lastSeen }: StoredAgent, now: number): number {
  // Taken off the list it may still be there: it has the whole time again before it is forgotten, and comes back by itself.
  if (wanted === 'offline') return now;
  // The only use of the wall clock: how long it has been offline is not known otherwise.
  return now - Math.max(0, Date.now() - Date.parse(lastSeen));
}
