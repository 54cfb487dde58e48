/** The brokers that are there: registered, and their status stream is open. */
export interface BrokerRegistry {
  register(brokerId: string, name: string): void;
  unregister(brokerId: string): void;
  setConnected(brokerId: string, isConnected: boolean): void;
  /** Names of those that are there. */
  connected(): string[];
}

export function createBrokerRegistry(): BrokerRegistry {
  const brokers = new Map<string, { name: string; isConnected: boolean }>();
  return {
    register(brokerId, name) {
      brokers.set(brokerId, { name, isConnected: brokers.get(brokerId)?.isConnected ?? false });
    },
    unregister: (brokerId) => {
      brokers.delete(brokerId);
    },
    setConnected(brokerId, isConnected) {
      const broker = brokers.get(brokerId);
      if (broker === undefined) return;
      broker.isConnected = isConnected;
      // It registers again when it comes back.
      if (!isConnected) brokers.delete(brokerId);
    },
    connected: () =>
      [...brokers.values()].filter((broker) => broker.isConnected).map((broker) => broker.name),
  };
}
