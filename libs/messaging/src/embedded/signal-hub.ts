import type { BusLogger } from '../bus-options.ts';
import type { Signal, SignalSubscription } from '../message-bus.ts';

/** Signals within this process go straight to their listeners, those of other processes come by the mesh. */
export interface SignalHub {
  /** To the listeners of this bus, in the order of the calls, after the caller's turn. */
  send(signal: Signal): void;
  /** The same, at once: it came from elsewhere. */
  deliver(signal: Signal): void;
  subscribe(name: string, listener: (signal: Signal) => void, onClosed: () => void): SignalSubscription;
}

interface Listener {
  readonly name: string;
  readonly hear: (signal: Signal) => void;
}

/** @param announce tells the other processes, `withdraw` undoes one `announce` */
export function createSignalHub(parts: {
  announce: (key: string) => Promise<void>;
  withdraw: (key: string) => void;
  logger: BusLogger;
}): SignalHub {
  const { announce, withdraw, logger } = parts;
  const bound = new Map<string, Set<Listener>>();

  function deliver(signal: Signal): void {
    for (const { name, hear } of [...(bound.get(signal.key) ?? [])]) {
      try {
        hear(signal);
      } catch (err) {
        logger.error({ err, name, key: signal.key }, 'a listener for signals threw');
      }
    }
  }

  return {
    send(signal) {
      if (bound.has(signal.key)) queueMicrotask(() => deliver(signal));
    },
    deliver,
    subscribe(name, hear, onClosed) {
      const listener: Listener = { name, hear };
      const keys = new Map<string, Promise<void>>();
      let isClosed = false;

      function release(key: string): void {
        if (!keys.delete(key)) return;
        const listeners = bound.get(key);
        listeners?.delete(listener);
        if (listeners?.size === 0) bound.delete(key);
        withdraw(key);
      }

      return {
        async bind(key) {
          if (isClosed) return;
          const underWay = keys.get(key);
          if (underWay !== undefined) return underWay;
          const listeners = bound.get(key) ?? new Set();
          listeners.add(listener);
          bound.set(key, listeners);
          const announced = announce(key);
          keys.set(key, announced);
          await announced;
        },
        async unbind(key) {
          release(key);
        },
        async close() {
          if (isClosed) return;
          isClosed = true;
          for (const key of [...keys.keys()]) release(key);
          onClosed();
        },
      };
    },
  };
}
