import type { AgentClaim } from '@parley/shared-models';
import type { AgentEntry } from './agent-entry.ts';

/** The claim that this server sends to the others about an agent that it hears itself. */
export function claimOf(entry: AgentEntry, now: number): AgentClaim {
  const { agentId, profile, instanceId, incarnation, firstIncarnation } = entry;
  const { state, wanted, isConnected, load, metrics } = entry;
  return {
    agentId,
    profile,
    instanceId,
    incarnation,
    firstIncarnation,
    state,
    wanted,
    isAlive: entry.leaseUntil > now,
    isConnected,
    standsStill: entry.standsStill === true,
    load,
    metrics,
    lastSeen: entry.lastSeen,
  };
}

/** Whether only another server hears of it now. */
export const isElsewhere = (entry: AgentEntry, now: number): boolean =>
  entry.server !== undefined && entry.leaseUntil > now;

/**
 * The agent's entry after another server's claim; undefined: the claim changes nothing. A newer process wins; of one
 * process, the server that has its stream wins.
 */
export function hearClaim(
  known: AgentEntry | undefined,
  claim: AgentClaim,
  from: { readonly serverId: string; readonly now: number; readonly vouchMs: number },
): AgentEntry | undefined {
  const { serverId, now, vouchMs } = from;
  if (known !== undefined && known.incarnation >= claim.incarnation) {
    if (known.incarnation > claim.incarnation) return undefined;
    const isOwn = known.server === undefined && known.isHeard && known.leaseUntil > now;
    if (isOwn && (known.isConnected || !claim.isConnected)) return undefined;
    // It has gone over from there to another server, which says otherwise.
    if (!claim.isAlive && known.server !== serverId) return undefined;
  }
  const { agentId, profile, incarnation, firstIncarnation, load, metrics, isAlive } = claim;
  // Where that server was started again, it does not know which process it is.
  const knownInstance = known?.incarnation === incarnation ? known.instanceId : '';
  const offlineSince = known?.state === 'offline' ? (known.offlineSince ?? now) : now;
  const wanted = known?.wanted ?? claim.wanted;
  const state = !isAlive ? 'offline' : claim.state === 'draining' ? 'draining' : wanted;
  return {
    agentId,
    profile,
    instanceId: claim.instanceId || knownInstance,
    registration: 0,
    incarnation,
    firstIncarnation,
    state,
    wanted,
    wantedAt: known?.wantedAt ?? 0,
    server: serverId,
    isHeard: false,
    isConnected: isAlive && claim.isConnected,
    standsStill: claim.standsStill,
    load,
    metrics,
    lastSeen: claim.lastSeen,
    leaseUntil: isAlive ? now + vouchMs : now,
    offlineSince: state === 'offline' ? offlineSince : undefined,
  };
}
