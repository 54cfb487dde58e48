import type { AgentStatus } from '@parley/shared-models';

/**
 * The ids of the agents that are meant: each an id, or a name without regard to case. What is neither is taken for an id,
 * which the server will know or not.
 */
export function agentIdsOf(
  given: string,
  agents: readonly Pick<AgentStatus, 'agentId' | 'agentName'>[],
): string[] {
  const wanted = given
    .split(',')
    .map((part) => part.trim().replace(/^@/, ''))
    .filter((part) => part !== '');
  const idOf = (part: string): string => {
    if (agents.some(({ agentId }) => agentId === part)) return part;
    const named = agents.find(({ agentName }) => agentName.toLowerCase() === part.toLowerCase());
    return named?.agentId ?? part;
  };
  return [...new Set(wanted.map(idOf))];
}
