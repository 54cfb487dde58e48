import type { BusHealth } from '../message-bus.ts';

/** The health of the bus: that of the connection which is worse off. */
export interface HealthBoard {
  current(): BusHealth;
  set(connection: string, health: BusHealth): void;
  onChange(listener: (health: BusHealth) => void): () => void;
}

const SEVERITY = { up: 0, blocked: 1, down: 2 } as const;

export function createHealthBoard(connections: readonly string[]): HealthBoard {
  const states = new Map<string, BusHealth>(
    connections.map((name) => [name, { state: 'down', reason: 'connecting' }]),
  );
  const listeners = new Set<(health: BusHealth) => void>();
  let current = worstOf(states.values());

  return {
    current: () => current,
    set: (connection, health) => {
      states.set(connection, health);
      const before = current;
      current = worstOf(states.values());
      if (before.state === current.state && before.reason === current.reason) return;
      for (const listener of listeners) listener(current);
    },
    onChange: (listener) => {
      // A wrapper of its own: the same function may be given twice.
      const own = (health: BusHealth): void => listener(health);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

function worstOf(states: Iterable<BusHealth>): BusHealth {
  let worst: BusHealth = { state: 'up' };
  for (const health of states) if (SEVERITY[health.state] > SEVERITY[worst.state]) worst = health;
  return worst;
}
