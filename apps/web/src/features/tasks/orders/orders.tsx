import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { agoText, fullTime } from '../../../components/format-time.ts';
import { EmptyList, FailedList, LoadingList } from '../../../components/list-state.tsx';
import { PageSection } from '../../../components/page.tsx';
import { useNow } from '../../../components/use-now.ts';
import rows from '../rows.module.css';
import { describeOrderState } from './order.ts';
import classes from './orders.module.css';
import { useOrders } from './use-orders.ts';

/** Every order, the newest first, and how far it is. */
export function Orders() {
  const { orders, hasMore, failure, reload, loadOlder, isLoading, olderFailure } = useOrders();
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
        <ul className={rows.list}>
          {orders.map(({ number, correlationId, what, customer, state, at }) => (
            <li key={number}>
              <Link className={rows.row} href={`/events/${correlationId}`}>
                <span className={`${rows.state} ${classes.state}`} data-state={state}>
                  {describeOrderState(state)}
                </span>
                <span className={rows.title}>{what ?? 'something nobody could read'}</span>
                <span className={rows.about}>
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
      {hasMore ? (
        <Button variant="subtle" color="gray" loading={isLoading} onClick={loadOlder}>
          Show older orders
        </Button>
      ) : null}
      {olderFailure === undefined ? null : (
        <FailedList title="Older orders could not be read" reason={olderFailure} onRetry={loadOlder} />
      )}
    </PageSection>
  );
}
