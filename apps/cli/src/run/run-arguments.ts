import { type AgentStatus, ParleyError } from '@parley/shared-models';

/** Text that needs no quotes in any shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * The ids of the agents that are meant: each an id, or a name without regard to case. Any other
 * text is taken for an id, which the server will know or not.
 * @throws ParleyError `invalid_request` where several agents have the name
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
    const named = agents.filter(({ agentName }) => agentName.toLowerCase() === part.toLowerCase());
    if (named.length > 1) {
      const ids = named.map(({ agentId }) => agentId).join(', ');
      throw new ParleyError(
        'invalid_request',
        `Several agents are called "${part}". Name one by its id: ${ids}.`,
      );
    }
    return named[0]?.agentId ?? part;
  };
  return [...new Set(wanted.map(idOf))];
}

/**
 * One line of the words that the terminal's shell has taken apart already: several are quoted so that they come out as they
 * are; a single one is the command line itself.
 */
export function commandLineOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
