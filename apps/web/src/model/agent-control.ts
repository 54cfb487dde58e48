import type { AgentState } from '@parley/shared-models';
import type { AgentAction } from './app-state.ts';

/** Means every agent, where an agent's id is asked for. */
export const ALL_AGENTS = '*';

const CHANGES: Readonly<Record<AgentAction, readonly AgentState[]>> = {
  pause: ['online', 'draining'],
  resume: ['paused'],
  deregister: ['online', 'paused', 'draining'],
  reregister: ['offline', 'paused'],
  shutdown: ['online', 'paused', 'draining'],
};

/** Whether an agent in this state is in another one after the action. */
export const isChangedBy = (action: AgentAction, state: AgentState): boolean =>
  CHANGES[action].includes(state);
