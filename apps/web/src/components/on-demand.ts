import { useEffect, useSyncExternalStore } from 'react';
import { reportProblem } from '../model/failures.ts';

/** A part of the app that is loaded when it is first needed. */
export interface OnDemand<T> {
  /** Loads the part unless it is loaded or being loaded. */
  prepare(): void;
  /** The part, or undefined until it is loaded. */
  read(): T | undefined;
  subscribe(listener: () => void): () => void;
}

/** @param load is called again at the next need if it failed, for example offline */
export function onDemand<T>(name: string, load: () => Promise<T>): OnDemand<T> {
  let value: T | undefined;
  let isLoading = false;
  const listeners = new Set<() => void>();

  return {
    prepare() {
      if (isLoading || value !== undefined) return;
      isLoading = true;
      load()
        .then(
          (loaded) => {
            value = loaded;
            for (const listener of listeners) listener();
          },
          (error: unknown) => reportProblem(`${name} could not be loaded`, error),
        )
        .finally(() => {
          isLoading = false;
        });
    },
    read: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The part once it is loaded. @param isWanted false: the part is neither loaded nor returned */
export function useOnDemand<T>(part: OnDemand<T>, isWanted = true): T | undefined {
  const loaded = useSyncExternalStore(part.subscribe, part.read);
  useEffect(() => {
    if (isWanted) part.prepare();
  }, [part, isWanted]);
  return isWanted ? loaded : undefined;
}
