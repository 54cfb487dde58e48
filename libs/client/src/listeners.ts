export interface Listeners<Events extends object> {
  /** @returns removes the listener */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void;
  emit<E extends keyof Events>(event: E, payload: Events[E]): void;
  has(event: keyof Events): boolean;
}

/**
 * Listeners, typed by the event's name. A listener that throws stops neither the other listeners nor the emitter.
 * @param onThrow called with the error of a listener
 */
export function createListeners<Events extends object>(
  onThrow: (error: unknown, event: keyof Events) => void,
): Listeners<Events> {
  type Entry = { readonly listener: (payload: never) => void };
  const entries = new Map<keyof Events, Set<Entry>>();

  return {
    on(event, listener) {
      // A separate entry, so that a function added twice is called twice and removed one at a time.
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
