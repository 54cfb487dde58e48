import type { AgentProfile } from '@parley/shared-models';
import { lookalikeKey, ParleyError } from '@parley/shared-models';
import type { AgentEntry } from './agent-entry.ts';

/** The names that people see. Each belongs to one group: its instances share it. */
export interface AgentNames {
  /**
   * Until `release` no other group gets this name, or one that looks like it.
   * @param agentId the id that the registration gets; the earlier name of that agent does not count
   * @throws ParleyError `forbidden` when an agent of another group has it
   */
  reserve(agentId: string, profile: AgentProfile): { release(): void };
}

export function createAgentNames(agents: ReadonlyMap<string, AgentEntry>): AgentNames {
  const reserved = new Set<{ readonly key: string; readonly group: string }>();

  const ownerOf = (agentId: string, key: string, group: string): string | undefined => {
    for (const other of reserved) if (other.key === key && other.group !== group) return other.group;
    for (const other of agents.values()) {
      if (other.agentId === agentId || other.profile.group === group || !holdsName(other)) continue;
      if (lookalikeKey(other.profile.name) === key) return other.profile.group;
    }
    return undefined;
  };

  return {
    reserve(agentId, { name, group }) {
      const reservation = { key: lookalikeKey(name), group };
      const owner = ownerOf(agentId, reservation.key, group);
      if (owner !== undefined) {
        throw new ParleyError(
          'forbidden',
          `The name "${name}" belongs to the agents of the group "${owner}": choose another name, or join that group.`,
        );
      }
      reserved.add(reservation);
      return { release: () => void reserved.delete(reservation) };
    },
  };
}

/** An agent that has left by itself, or was away when the server started, holds its name no longer. */
const holdsName = ({ state, isHeard, hasLeft }: AgentEntry): boolean =>
  state !== 'offline' || (isHeard && hasLeft !== true);
