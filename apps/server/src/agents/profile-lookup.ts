import type { AgentProfile } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { AgentRegistry } from './agent-registry.ts';

/** The profile that an agent has registered, here or at another server; undefined when no server knows it. */
export type ProfileLookup = (agentId: string) => Promise<AgentProfile | undefined>;

/** So long, in milliseconds, an answer of the store is taken for true: one look for all messages of a burst. */
const FRESH_MS = 2000;

export function createProfileLookup(options: { agents: AgentRegistry; store: Store }): ProfileLookup {
  const { agents, store } = options;
  let elsewhere: Promise<ReadonlyMap<string, AgentProfile>> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  const ask = async (): Promise<ReadonlyMap<string, AgentProfile>> =>
    new Map((await store.listAgents()).map(({ agentId, profile }) => [agentId, profile]));

  return async (agentId) => {
    const known = agents.get(agentId);
    if (known !== undefined) return known.profile;
    if (elsewhere === undefined || performance.now() - askedAt > FRESH_MS) {
      askedAt = performance.now();
      elsewhere = ask();
    }
    try {
      return (await elsewhere).get(agentId);
    } catch (error) {
      elsewhere = undefined;
      throw error;
    }
  };
}
