import { type ComponentType, useEffect, useState, useSyncExternalStore } from 'react';
import { FailedList, LoadingList } from '../components/list-state.tsx';
import { describeFailure } from '../model/failures.ts';

/** A page whose code is fetched when the page is first opened. */
export interface PageOnDemand<P> {
  /** Fetches the page unless it is already loaded. */
  fetch(): Promise<void>;
  read(): ComponentType<P> | undefined;
  subscribe(listener: () => void): () => void;
}

export function pageOnDemand<P>(load: () => Promise<ComponentType<P>>): PageOnDemand<P> {
  let page: ComponentType<P> | undefined;
  const listeners = new Set<() => void>();
  return {
    async fetch() {
      page ??= await load();
      for (const listener of listeners) listener();
    },
    read: () => page,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Shows the page once it is loaded; until then a loading state or the failure. */
export function LazyPage<P extends object>({ page, props }: { page: PageOnDemand<P>; props: P }) {
  const Page = useSyncExternalStore(page.subscribe, page.read);
  const [failure, setFailure] = useState<string>();
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: every attempt fetches
  useEffect(() => {
    setFailure(undefined);
    page.fetch().catch((error: unknown) => setFailure(describeFailure(error)));
  }, [page, attempt]);

  if (Page !== undefined) return <Page {...props} />;
  return (
    <main id="main">
      {failure === undefined ? (
        <LoadingList label="Loading the page" />
      ) : (
        <FailedList
          title="The page could not be fetched"
          reason={failure}
          onRetry={() => setAttempt((before) => before + 1)}
        />
      )}
    </main>
  );
}
