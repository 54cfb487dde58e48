import type { AgentState } from '@parley/shared-models';
import type { AgentAction } from './app-state.ts';

/** Stands for every agent in place of an agent's id. */
export const ALL_AGENTS = '*';

const CHANGES: Readonly<Record<AgentAction, readonly AgentState[]>> = {
  pause: ['online', 'draining'],
  resume: ['paused'],
  deregister: ['online', 'paused', 'draining'],
  reregister: ['offline', 'paused'],
  shutdown: ['online', 'paused', 'draining'],
};

/** Whether the action changes the state of an agent in this state. */
export const isChangedBy = (action: AgentAction, state: AgentState): boolean =>
  CHANGES[action].includes(state);
