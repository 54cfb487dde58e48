import { type ChannelName, EventPage, OrderPage } from '@parley/shared-models';
import { type HttpOptions, request } from './http-request.ts';

/** An event as the log has it: `number` grows with each one. */
export type ChannelLogEntry = EventPage['events'][number];

export interface EventsQuery {
  readonly channel?: ChannelName | undefined;
  /** @default all */
  readonly types?: readonly string[] | undefined;
  /** Only what began with this message or event. */
  readonly correlationId?: string | undefined;
  /** Only entries with a smaller `number`. */
  readonly before?: number | undefined;
  /** 1 to `LIMITS.eventsPage`. @default 100 */
  readonly limit?: number | undefined;
  /** Its abort rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface OrdersQuery {
  /** Only orders with a smaller `number`. */
  readonly before?: number | undefined;
  /** 1 to `LIMITS.ordersPage`. @default 50 */
  readonly limit?: number | undefined;
  /** Its abort rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The part of the HTTP interface that is about the channels. Errors as in `HttpApi`. */
export interface EventsApi {
  /** The last events that fit, oldest first: for operators all, for others what they began themselves. */
  events(query?: EventsQuery): Promise<ChannelLogEntry[]>;
  /** Newest first: for operators all, for others their own. */
  orders(query?: OrdersQuery): Promise<OrderPage>;
}

export function createEventsApi(http: HttpOptions): EventsApi {
  return {
    events: ({ signal, types, ...query } = {}) =>
      request(http, {
        path: '/api/events',
        query: { ...query, types: types?.join(',') },
        signal,
        parse: (answer) => EventPage.parse(answer).events,
      }),
    orders: ({ signal, ...query } = {}) =>
      request(http, {
        path: '/api/orders',
        query,
        signal,
        parse: (answer) => OrderPage.parse(answer),
      }),
  };
}
