import type { RegisterAgentRequest } from '@parley/control-plane';
import { ParleyError } from '@parley/shared-models';
import { idTaken } from '@parley/store';
import type { AgentEntry } from './agent-entry.ts';

export interface WantedId extends RegisterAgentRequest {
  /** Whether the join token is good for this id and group only. */
  readonly isBound: boolean;
}

/** Gives ids to agents that register. An id stays with the group that has had it. */
export interface AgentIds {
  /**
   * The id that is asked for, or the next free one after it; nobody else gets it until `release`.
   * @param foreign ids that other groups hold according to the store
   * @throws ParleyError `id_taken` when no other id would do, `too_many_members`
   */
  reserve(request: WantedId, foreign: ReadonlySet<string>): { readonly agentId: string; release(): void };
  isReserved(agentId: string): boolean;
}

export interface AgentIdsOptions {
  readonly agents: ReadonlyMap<string, AgentEntry>;
  readonly maxAgents: number;
  /** Milliseconds that only go forward, on which the leases are. */
  readonly clock: () => number;
}

export function createAgentIds({ agents, maxAgents, clock }: AgentIdsOptions): AgentIds {
  // Given out and not stored yet: two processes that register at once must not get the same.
  const reserved = new Set<{ readonly agentId: string; readonly instanceId: string }>();

  const isOfGroup = (entry: AgentEntry, { instanceId, profile }: RegisterAgentRequest): boolean =>
    // The process that has it may say that it is of another group now.
    entry.profile.group === profile.group || entry.instanceId === instanceId;

  const isInUse = (agentId: string, { instanceId }: RegisterAgentRequest): boolean => {
    for (const other of reserved)
      if (other.agentId === agentId && other.instanceId !== instanceId) return true;
    const entry = agents.get(agentId);
    if (entry === undefined || entry.instanceId === instanceId) return false;
    return entry.leaseUntil > clock() && entry.isConnected;
  };

  const isFree = (agentId: string, request: RegisterAgentRequest): boolean => {
    if (isInUse(agentId, request)) return false;
    const entry = agents.get(agentId);
    if (entry === undefined || entry.instanceId === request.instanceId) return true;
    // Its waiting messages were meant for its machine. A claim to run there gives no right to them: the group decides
    // first.
    const { host } = entry.profile;
    return isOfGroup(entry, request) && (host === undefined || host === request.profile.host);
  };

  const choose = (request: WantedId, foreign: ReadonlySet<string>): string => {
    const { agentId, isExclusive, isBound } = request;
    if (!isExclusive && !isBound) {
      for (let number = 1; ; number++) {
        const candidate = number === 1 ? agentId : `${agentId}-${number}`;
        if (!foreign.has(candidate) && isFree(candidate, request)) return candidate;
      }
    }
    const entry = agents.get(agentId);
    if (foreign.has(agentId) || (entry !== undefined && !isOfGroup(entry, request))) throw idTaken(agentId);
    if (!isExclusive && isInUse(agentId, request)) {
      const only = `Another process is "${agentId}", and the join token is good for that id only.`;
      throw new ParleyError('id_taken', only);
    }
    return agentId;
  };

  /** Each has a durable queue and a place on every list. */
  const requireRoom = (agentId: string): void => {
    if (agents.has(agentId)) return;
    const coming = new Set([...reserved].map((other) => other.agentId).filter((id) => !agents.has(id)));
    if (agents.size + coming.size < maxAgents) return;
    throw new ParleyError('too_many_members', `The server has as many agents as it may have: ${maxAgents}.`);
  };

  return {
    reserve(request, foreign) {
      const reservation = { agentId: choose(request, foreign), instanceId: request.instanceId };
      requireRoom(reservation.agentId);
      reserved.add(reservation);
      return { agentId: reservation.agentId, release: () => void reserved.delete(reservation) };
    },
    isReserved: (agentId) => [...reserved].some((other) => other.agentId === agentId),
  };
}
