export interface Listeners<Events extends object> {
  /** @returns the function that takes the listener away again */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void;
  emit<E extends keyof Events>(event: E, payload: Events[E]): void;
  has(event: keyof Events): boolean;
}

/**
 * Listeners, typed by the event's name. One that throws keeps neither the others nor the emitter from going on.
 * @param onThrow gets what a listener threw
 */
export function createListeners<Events extends object>(
  onThrow: (error: unknown, event: keyof Events) => void,
): Listeners<Events> {
  type Entry = { readonly listener: (payload: never) => void };
  const entries = new Map<keyof Events, Set<Entry>>();

  return {
    on(event, listener) {
      // An entry of its own, so that a function added twice is called twice and taken away one at a time.
      const entry: Entry = { listener };
      const set = entries.get(event) ?? new Set<Entry>();
      set.add(entry);
      entries.set(event, set);
      return () => {
        set.delete(entry);
      };
    },

    emit(event, payload) {
      const set = entries.get(event);
      if (set === undefined) return;
      for (const entry of [...set]) {
        if (!set.has(entry)) continue;
        try {
          (entry.listener as (payload: Events[typeof event]) => void)(payload);
        } catch (error) {
          onThrow(error, event);
        }
      }
    },

    has: (event) => (entries.get(event)?.size ?? 0) > 0,
  };
}
