import type { AgentStatus } from '@parley/shared-models';

/** All agents that the server knows, in any state. @throws ParleyError when it cannot be asked */
export type ListAgents = () => Promise<readonly AgentStatus[]>;

/** An agent, or several instances of one. */
interface Colleague {
  readonly name: string;
  readonly description: string;
  readonly example: string | undefined;
  readonly isPaused: boolean;
}

const MAX_LISTED = 30;

/** The descriptions of the agents that are there, one line each; `own` is left out. */
export function sayAgents(agents: readonly AgentStatus[], own: { readonly group: string }): string[] {
  const colleagues = colleaguesOf(agents, own);
  if (colleagues.length === 0) return ['At the moment no other agent is online.'];
  const shown = colleagues.slice(0, MAX_LISTED).map(({ name, description, example, isPaused }) => {
    const about = description === '' ? '' : `: ${description}`;
    const said = example === undefined ? '' : `, e.g. *${example}*`;
    return `- **${name}**${isPaused ? ' (paused)' : ''}${about}${said}`;
  });
  const more = colleagues.length - shown.length;
  return [...shown, ...(more > 0 ? [`- and ${more} more`] : [])];
}

/** Those who are online or paused, one of each group, by name. */
export function colleaguesOf(agents: readonly AgentStatus[], own: { readonly group: string }): Colleague[] {
  const groups = new Map<string, Colleague>();
  for (const { group, agentName, description, examples, state } of agents) {
    if (group === own.group || (state !== 'online' && state !== 'paused')) continue;
    const known = groups.get(group);
    if (known !== undefined && (!known.isPaused || state === 'paused')) continue;
    const isPaused = state === 'paused';
    groups.set(group, {
      name: oneLine(agentName),
      description: oneLine(description),
      example: examples[0] === undefined ? undefined : shortened(oneLine(examples[0])),
      isPaused,
    });
  }
  return [...groups.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** It is the word of others: it stays on its line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

const EXAMPLE_LENGTH = 120;

/** Cut between words: a blank before the closing mark would undo the emphasis. */
function shortened(text: string): string {
  return text.length <= EXAMPLE_LENGTH ? text : `${text.slice(0, EXAMPLE_LENGTH).replace(/\s+\S*$/, '')} …`;
}
