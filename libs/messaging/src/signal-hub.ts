import type { BusLogger } from './bus-options.ts';
import type { Signal, SignalSubscription } from './message-bus.ts';

export interface SignalHub {
  /** To the subscribers that are bound to its key, in the order of the calls, after the caller's turn. */
  send(signal: Signal): void;
  subscribe(name: string, listener: (signal: Signal) => void, onClosed: () => void): SignalSubscription;
}

interface Listener {
  readonly name: string;
  readonly hear: (signal: Signal) => void;
}

export function createSignalHub(logger: BusLogger): SignalHub {
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
    subscribe(name, hear, onClosed) {
      const listener: Listener = { name, hear };
      const keys = new Set<string>();
      let isClosed = false;

      function release(key: string): void {
        if (!keys.delete(key)) return;
        const listeners = bound.get(key);
        listeners?.delete(listener);
        if (listeners?.size === 0) bound.delete(key);
      }

      return {
        async bind(key) {
          if (isClosed) return;
          keys.add(key);
          const listeners = bound.get(key) ?? new Set();
          listeners.add(listener);
          bound.set(key, listeners);
        },
        async unbind(key) {
          release(key);
        },
        async close() {
          if (isClosed) return;
          isClosed = true;
          for (const key of [...keys]) release(key);
          onClosed();
        },
      };
    },
  };
}
