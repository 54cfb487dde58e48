import type { HttpApi } from '@parley/client';
import type { EventPage } from '@parley/shared-models';
import { useCallback, useEffect, useEffectEvent } from 'react';
import { type Polled, usePolled } from '../../../components/use-polled.ts';
import { useAppModel, useAppState } from '../../../model/use-app-model.ts';
import { useChannels } from '../../../model/use-channels.ts';

/** For those who may not follow the channels, and for what a lost frame would have told. */
const POLL_MS = 10_000;
/** Events come in bursts: one request for all of them. */
const GATHER_MS = 60;

type IsNews = (entry: { correlationId: string | undefined; type: string }) => boolean;

/** What `load` gives, asked for again when an event comes for which `isNews` is true. `load` must keep its identity. */
export function usePolledWithEvents<T>(load: (signal: AbortSignal) => Promise<T>, isNews: IsNews): Polled<T> {
  useChannels();
  const polled = usePolled(load, POLL_MS);
  const { reload } = polled;
  const events = useAppState((state) => state.events);
  const newest = events.at(-1);
  const concerns = useEffectEvent(isNews);
  useEffect(() => {
    if (newest === undefined) return;
    const { correlationId, id, type } = newest.event;
    if (!concerns({ correlationId: correlationId ?? id, type })) return;
    const timer = setTimeout(reload, GATHER_MS);
    return () => clearTimeout(timer);
  }, [newest, reload]);
  return polled;
}

/** The log of the channels, read again when an event comes for which `isNews` is true. Give `query` one identity. */
export function useEvents(
  query: Parameters<HttpApi['events']>[0],
  isNews: IsNews,
): Polled<EventPage['events']> {
  const { http } = useAppModel();
  const load = useCallback(
    async (signal: AbortSignal) => (await http.events({ ...query, signal })).events,
    [http, query],
  );
  return usePolledWithEvents(load, isNews);
}
