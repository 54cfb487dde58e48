import { useMemo } from 'react';
import { Link } from 'wouter';
import { agoText, fullTime } from '../../../components/format-time.ts';
import { EmptyList, FailedList, LoadingList } from '../../../components/list-state.tsx';
import { PageSection } from '../../../components/page.tsx';
import { useNow } from '../../../components/use-now.ts';
import { describeOrderState, ORDER_EVENT_TYPES, ordersOf } from './order.ts';
import classes from './orders.module.css';
import { useEvents } from './use-events.ts';

const query = { types: ORDER_EVENT_TYPES, limit: 500 };
const types: readonly string[] = ORDER_EVENT_TYPES;

/** Every order that the last events tell of, and how far it is. */
export function Orders() {
  const { data, failure, reload } = useEvents(query, ({ type }) => types.includes(type));
  const orders = useMemo(() => (data === undefined ? undefined : ordersOf(data)), [data]);
  const now = useNow(5000);
  return (
    <PageSection title="Orders">
      {orders === undefined && failure === undefined ? (
        <LoadingList label="Loading the orders" rows={2} />
      ) : null}
      {failure === undefined ? null : (
        <FailedList title="The orders could not be read" reason={failure} onRetry={reload} />
      )}
      {orders?.length === 0 ? (
        <EmptyList title="No orders yet">
          <Link href="/">Write</Link> “order 1 laptop”, and its way through the agents can be followed here.
        </EmptyList>
      ) : null}
      {orders === undefined || orders.length === 0 ? null : (
        <ul className={classes.list}>
          {orders.map(({ correlationId, what, customer, state, at }) => (
            <li key={correlationId}>
              <Link className={classes.order} href={`/events/${correlationId}`}>
                <span className={classes.state} data-state={state}>
                  {describeOrderState(state)}
                </span>
                <span className={classes.what}>{what ?? 'something nobody could read'}</span>
                <span className={classes.about}>
                  {customer} ·{' '}
                  <time dateTime={at} title={fullTime(at)}>
                    {agoText(at, now)}
                  </time>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </PageSection>
  );
}
