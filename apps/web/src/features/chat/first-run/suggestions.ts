import type { AgentStatus } from '@parley/shared-models';

export interface Suggestion {
  readonly text: string;
  /** The agent that would probably answer; undefined when the router decides. */
  readonly agentName?: string;
}

const COUNT = 3;

/** Used when no agent gives examples. */
const general: readonly Suggestion[] = [
  { text: 'Hello! What can you help with?' },
  { text: 'Which agents are there, and what does each of them do?' },
  { text: 'Show me a table and a piece of code.' },
];

/** Three suggestions: examples of online agents, one agent after the other, then general ones. */
export function suggestionsFor(agents: readonly AgentStatus[]): Suggestion[] {
  const online = agents.filter(({ state }) => state === 'online');
  const byName = new Map(online.map((agent) => [agent.agentName, agent]));
  const fromAgents = [...byName.values()].flatMap(({ agentName, examples }): Suggestion[] => {
    const text = examples[0];
    return text === undefined ? [] : [{ text, agentName }];
  });
  const echo = byName.get('Echo');
  const direct: Suggestion[] =
    echo === undefined || echo.examples.length > 0
      ? []
      : [{ text: '@Echo say this back to me', agentName: echo.agentName }];
  const all = [...fromAgents, ...direct, ...general];
  const isNew = ({ text }: Suggestion, index: number): boolean =>
    all.findIndex((one) => one.text === text) === index;
  return all.filter(isNew).slice(0, COUNT);
}
