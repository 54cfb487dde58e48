import { ParleyError } from '@parley/shared-models';

/** The brokers that are there: registered, and their status stream is open, here or at another server. */
export interface BrokerRegistry {
  /** @throws ParleyError `too_many_members` */
  register(brokerId: string, name: string): void;
  unregister(brokerId: string): void;
  setConnected(brokerId: string, isConnected: boolean): void;
  /** Names of those that are there. */
  connected(): string[];
  /** Names of those that are there and joined this server. */
  own(): string[];
  /** Another server has named those that joined it; that holds for `vouchMs`. */
  hear(serverId: string, names: readonly string[], vouchMs: number): void;
  /** Claims of others that still hold, hold for this long from now on. */
  prolong(vouchMs: number): void;
  /** Calls the listener when one of this server's own has come or gone. */
  onChange(listener: () => void): () => void;
}

/**
 * @param clock milliseconds that only go forward
 * @param maxBrokers of this server
 */
export function createBrokerRegistry(
  clock: () => number = () => performance.now(),
  maxBrokers = 100,
): BrokerRegistry {
  const names = new Map<string, string>();
  // A broker that has lost its connection may open a new stream before the end of the old one is noticed here, or after.
  const streams = new Map<string, number>();
  const elsewhere = new Map<string, { names: readonly string[]; until: number }>();
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  const own = (): string[] =>
    [...names].filter(([brokerId]) => streams.has(brokerId)).map(([, name]) => name);

  return {
    register(brokerId, name) {
      if (!names.has(brokerId) && names.size >= maxBrokers) {
        // One that has registered and never opened its stream takes the place of nobody.
        const absent = [...names.keys()].find((id) => !streams.has(id));
        if (absent === undefined) {
          const full = `The server has as many brokers as it may have: ${maxBrokers}.`;
          throw new ParleyError('too_many_members', full);
        }
        names.delete(absent);
      }
      const isBack = !names.has(brokerId) && streams.has(brokerId);
      names.set(brokerId, name);
      if (isBack) tell();
    },
    unregister: (brokerId) => {
      if (names.delete(brokerId)) tell();
    },
    setConnected(brokerId, isConnected) {
      const count = (streams.get(brokerId) ?? 0) + (isConnected ? 1 : -1);
      if (count > 0) streams.set(brokerId, count);
      else streams.delete(brokerId);
      if (!names.has(brokerId)) return;
      // It registers again when it comes back, and with each heartbeat.
      if (count <= 0) names.delete(brokerId);
      tell();
    },
    connected() {
      const now = clock();
      const others = [...elsewhere.values()].filter(({ until }) => until > now);
      return [...own(), ...others.flatMap(({ names }) => names)];
    },
    own,
    hear(serverId, names, vouchMs) {
      const now = clock();
      for (const [other, { until }] of elsewhere) if (until <= now) elsewhere.delete(other);
      elsewhere.set(serverId, { names, until: now + vouchMs });
    },
    prolong(vouchMs) {
      const now = clock();
      for (const said of elsewhere.values()) if (said.until > now) said.until = now + vouchMs;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
