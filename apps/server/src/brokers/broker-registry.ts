/** The brokers that are there: registered, and their status stream is open. */
export interface BrokerRegistry {
  register(brokerId: string, name: string): void;
  unregister(brokerId: string): void;
  setConnected(brokerId: string, isConnected: boolean): void;
  /** Names of those that are there. */
  connected(): string[];
}

export function createBrokerRegistry(): BrokerRegistry {
  // A broker that has lost its connection opens a new stream before the end of the old one is noticed here.
  const brokers = new Map<string, { name: string; streams: number }>();
  return {
    register(brokerId, name) {
      brokers.set(brokerId, { name, streams: brokers.get(brokerId)?.streams ?? 0 });
    },
    unregister: (brokerId) => {
      brokers.delete(brokerId);
    },
    setConnected(brokerId, isConnected) {
      const broker = brokers.get(brokerId);
      if (broker === undefined) return;
      broker.streams += isConnected ? 1 : -1;
      // It registers again when it comes back.
      if (broker.streams <= 0) brokers.delete(brokerId);
    },
    connected: () =>
      [...brokers.values()].filter((broker) => broker.streams > 0).map((broker) => broker.name),
  };
}
