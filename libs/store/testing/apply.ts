import type {
  AgentGone,
  Died,
  Failed,
  Replied,
  Routed,
  Settled,
  Submitted,
  Transition,
} from '@parley/requests';
import type { Store } from '../src/store.ts';

// The events of a request, by name.

type Of<Event> = Omit<Event, 'type'>;

export { speaker } from '@parley/requests/testing';

export const submit = (store: Store, event: Of<Submitted>): Promise<Transition> =>
  store.apply({ type: 'submitted', ...event });
export const route = (store: Store, event: Of<Routed>): Promise<Transition> =>
  store.apply({ type: 'routed', ...event });
export const reply = (store: Store, event: Of<Replied>): Promise<Transition> =>
  store.apply({ type: 'replied', ...event });
export const settle = (store: Store, event: Of<Settled>): Promise<Transition> =>
  store.apply({ type: 'settled', ...event });
export const fail = (store: Store, event: Of<Failed>): Promise<Transition> =>
  store.apply({ type: 'failed', ...event });
export const die = (store: Store, event: Of<Died>): Promise<Transition> =>
  store.apply({ type: 'died', ...event });
export const loseAgent = (store: Store, event: Of<AgentGone>): Promise<Transition> =>
  store.apply({ type: 'agent-gone', ...event });
export const replay = (store: Store, requestId: string): Promise<Transition> =>
  store.apply({ type: 'replayed', requestId });
