import { type AgentStatus, type AskOrigin, ParleyError, type Target } from '@parley/shared-models';

/** Agents that may ask one another on behalf of one message, at most. */
export const ASK_DEPTH = 5;

/**
 * The origin that a question carries: the asker's with the asker itself at its end.
 * @throws ParleyError `ask_loop` when the asked agent waits for the answer itself, `ask_depth` when the chain gets
 * too long
 */
export function extendChain(
  origin: AskOrigin,
  asker: AskOrigin['chain'][number],
  target: Target,
  agents: readonly AgentStatus[],
): AskOrigin {
  const chain = [...origin.chain, asker];
  const waiting = chain.map(({ group }) => group);
  const meant = agents.filter((agent) => isMeant(target, agent));
  const groups = target.group === undefined ? meant.map(({ group }) => group) : [target.group];
  const inLoop = groups.find((group) => waiting.includes(group));
  if (inLoop !== undefined) {
    const way = [...waiting, inLoop].join(' → ');
    throw new ParleyError('ask_loop', `"${inLoop}" waits for the answer itself: ${way}.`);
  }
  if (chain.length > ASK_DEPTH) {
    throw new ParleyError(
      'ask_depth',
      `At most ${ASK_DEPTH} agents may ask one another: ${waiting.join(' → ')}.`,
    );
  }
  return { user: origin.user, chain };
}

function isMeant({ agentId, agentName }: Target, agent: AgentStatus): boolean {
  if (agentId !== undefined) return agent.agentId === agentId;
  return agentName !== undefined && agent.agentName.toLowerCase() === agentName.toLowerCase();
}
