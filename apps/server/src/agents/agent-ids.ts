import type { RegisterAgentRequest } from '@parley/control-plane';
import type { AgentEntry } from './agent-entry.ts';

/** Gives ids to agents that register. */
export interface AgentIds {
  /** The id that is asked for, or the next free one after it; nobody else gets it until `release`. */
  reserve(request: RegisterAgentRequest): { readonly agentId: string; release(): void };
  isReserved(agentId: string): boolean;
}

/** @param clock milliseconds that only go forward, on which the leases are */
export function createAgentIds(agents: ReadonlyMap<string, AgentEntry>, clock: () => number): AgentIds {
  // Given out and not stored yet: two processes that register at once must not get the same.
  const reserved = new Set<{ readonly agentId: string; readonly instanceId: string }>();

  const isFree = (agentId: string, { instanceId, profile }: RegisterAgentRequest): boolean => {
    for (const other of reserved)
      if (other.agentId === agentId && other.instanceId !== instanceId) return false;
    const entry = agents.get(agentId);
    if (entry === undefined || entry.instanceId === instanceId) return true;
    // What waits for it was meant for its machine.
    if (entry.profile.host !== undefined && entry.profile.host !== profile.host) return false;
    return entry.leaseUntil <= clock() || !entry.isConnected;
  };

  const choose = (request: RegisterAgentRequest): string => {
    if (request.isExclusive || isFree(request.agentId, request)) return request.agentId;
    for (let number = 2; ; number++) {
      const candidate = `${request.agentId}-${number}`;
      if (isFree(candidate, request)) return candidate;
    }
  };

  return {
    reserve(request) {
      const reservation = { agentId: choose(request), instanceId: request.instanceId };
      reserved.add(reservation);
      return { agentId: reservation.agentId, release: () => void reserved.delete(reservation) };
    },
    isReserved: (agentId) => [...reserved].some((other) => other.agentId === agentId),
  };
}
