import { useMemo } from 'react';
import { Link } from 'wouter';
import { Entry } from '../../../components/error-boundary.tsx';
import { EventEntry } from '../../../components/event-entry.tsx';
import { durationText } from '../../../components/format-time.ts';
import { EmptyList, FailedList, LoadingList } from '../../../components/list-state.tsx';
import { Page } from '../../../components/page.tsx';
import { describeOrderState, orderOf } from './order.ts';
import classes from './orders.module.css';
import { useEvents } from './use-events.ts';

/** All events that one message or event led to, in order: the course of an order, for example. */
export function EventsPage({ correlationId }: { correlationId: string }) {
  const query = useMemo(() => ({ correlationId, limit: 500 }), [correlationId]);
  const { data, failure, reload } = useEvents(query, (entry) => entry.correlationId === correlationId);
  const events = useMemo(() => data?.map(({ event }) => event) ?? [], [data]);
  const order = useMemo(() => orderOf(correlationId, events), [correlationId, events]);
  const [first] = events;
  const last = events.at(-1);

  return (
    <Page
      title={order === undefined ? 'Events' : `Order: ${order.what ?? 'unreadable'}`}
      summary={
        order === undefined || first === undefined || last === undefined
          ? undefined
          : `${describeOrderState(order.state)} · for ${order.customer} · ${durationText(gap(first.at, last.at))} in all`
      }
    >
      <p className={classes.back}>
        <Link href="/tasks">Tasks and orders</Link>
      </p>
      {data === undefined && failure === undefined ? (
        <LoadingList label="Loading the events" rows={4} />
      ) : null}
      {failure === undefined ? null : (
        <FailedList title="The events could not be read" reason={failure} onRetry={reload} />
      )}
      {data?.length === 0 ? (
        <EmptyList title="There are no such events">
          Nothing was published that began with <code>{correlationId}</code>, or it is somebody else’s.
        </EmptyList>
      ) : null}
      <ol className={classes.timeline} aria-label="Timeline">
        {data?.map(({ number, channel, event }, index) => (
          <li key={number}>
            <Entry name="An event">
              <EventEntry channel={channel} event={event} {...afterwards(events[index - 1]?.at, event.at)} />
            </Entry>
          </li>
        ))}
      </ol>
    </Page>
  );
}

const gap = (earlier: string, later: string): number => Date.parse(later) - Date.parse(earlier);

/** The first one is shown with the time of day. */
const afterwards = (before: string | undefined, at: string): { after?: string } =>
  before === undefined ? {} : { after: `+${durationText(gap(before, at))}` };
