import { useCallback, useState } from 'react';
import { describeFailure } from '../../../model/failures.ts';
import { useAppModel } from '../../../model/use-app-model.ts';
import { ORDER_EVENT_TYPES, type OrderPage, ordersOf } from './order.ts';
import { usePolledWithEvents } from './use-events.ts';

/** The events with which orders begin. */
const QUERY = { type: ORDER_EVENT_TYPES[0], limit: 50 };
const types: readonly string[] = ORDER_EVENT_TYPES;

/** The newest orders as they go on, and older ones as they are asked for. */
export function useOrders() {
  const { http } = useAppModel();
  const { data, failure, reload } = usePolledWithEvents(
    useCallback(
      async (signal: AbortSignal) => ordersOf(await http.eventThreads({ ...QUERY, signal })),
      [http],
    ),
    ({ type }) => types.includes(type),
  );
  const [older, setOlder] = useState<OrderPage>();
  const [isLoading, setIsLoading] = useState(false);
  const [olderFailure, setOlderFailure] = useState<string>();

  const newest = data?.orders ?? [];
  // While one looks at older ones, new ones come on top and push none out.
  const known = new Map([...(older?.orders ?? []), ...newest].map((order) => [order.number, order]));
  const orders = [...known.values()].sort((one, other) => other.number - one.number);

  function loadOlder(): void {
    setIsLoading(true);
    setOlderFailure(undefined);
    http
      .eventThreads({ ...QUERY, before: orders.at(-1)?.number })
      .then(
        // Those of the newest page are kept too: they leave it when others come.
        (page) => setOlder({ orders: [...orders, ...ordersOf(page).orders], hasMore: page.hasMore }),
        (error: unknown) => setOlderFailure(describeFailure(error)),
      )
      .finally(() => setIsLoading(false));
  }

  return {
    orders: data === undefined ? undefined : orders,
    hasMore: (older ?? data)?.hasMore === true,
    failure,
    reload,
    loadOlder,
    isLoading,
    olderFailure,
  };
}
