import { type AgentDefinition, type AgentMemory, defineAgent } from '@parley/agent-kit';
import { deriveId, Id } from '@parley/shared-models';
import { z } from 'zod';
import { advance, describeOrder, Order, requestedOrder } from './order.ts';
import { Notification, ORDER_EVENTS, OrderRequested } from './order-events.ts';

const OrderIds = z.array(Id);
/** So many orders of a person are listed. */
const LISTED = 20;
/** So many are remembered for the list. */
const REMEMBERED = 200;

const keyOf = (orderId: string): string => `order:${orderId}`;

/** Stores the orders: one for each request, also where an event comes twice. */
export function createOrdersAgent(): AgentDefinition {
  return defineAgent({
    name: 'Orders',
    description: 'Keeps the books of all orders and knows their state',
    capabilities: ['order status'],
    keywords: [
      ...[
        'order status',
        'my order',
        'my orders',
        'order history',
        'placed orders',
        'bestellstatus',
        'delivery',
      ],
      ...[
        'delivered',
        'deliver',
        'shipped',
        'shipping',
        'shipment',
        'package',
        'parcel',
        'track',
        'lieferung',
      ],
    ],
    examples: [
      'What is the status of my orders?',
      'Show my orders',
      'Where is my order? Has it been shipped?',
      'When is the laptop delivered?',
      'What did I order last month?',
      'Which orders have I placed?',
      'Has my order been created?',
      'Wie ist der Stand meiner Bestellungen?',
    ],
    subscriptions: [
      { channel: 'agents', types: ['order_requested'] },
      { channel: 'human', types: ['notification'] },
    ],
    events: ORDER_EVENTS,
    concurrency: 16,

    async onMessage({ memory }) {
      const ids = (await memory.get('orders', OrderIds)) ?? [];
      const orders = await Promise.all(ids.slice(-LISTED).map((id) => memory.shared.get(keyOf(id), Order)));
      const lines = orders.flatMap((order) =>
        order === undefined ? [] : [`- ${describeOrder(order)}: ${describeState(order)}`],
      );
      if (lines.length === 0) return 'You have no orders yet. Write “order 1 laptop” to place one.';
      return `Your orders, the newest last:\n\n${lines.join('\n')}`;
    },

    async onEvent({ event, memory, memoryAbout, publish }) {
      if (event.type === 'notification') {
        // Notifications from people belong to no order.
        if (event.source.kind !== 'agent') return;
        return markNotified(memory, Notification.parse(event.payload).orderId);
      }
      // Published again, the request has the id that it had: it is one order. Several of one message are several.
      const orderId = deriveId(event.id, 'order');
      const requested = OrderRequested.parse(event.payload);
      const customer = requested.customer ?? { id: event.source.id, name: event.source.name };
      const order = await memory.update(keyOf(orderId), Order, (known) =>
        advance(known ?? requestedOrder(orderId, requested, customer, event.at), 'create'),
      );
      await memoryAbout(customer.id).update('orders', OrderIds, (ids = []) =>
        ids.includes(orderId) ? ids : [...ids, orderId].slice(-REMEMBERED),
      );
      const { product, quantity } = order;
      await publish(
        'agents',
        'order_created',
        { orderId, product, quantity, customer: order.customer },
        { id: deriveId(orderId, 'order_created') },
      );
    },
  });
}

async function markNotified(memory: AgentMemory, orderId: string): Promise<void> {
  if ((await memory.get(keyOf(orderId), Order)) === undefined) return;
  await memory.update(keyOf(orderId), Order, (known) => advance(known as Order, 'notify'));
}

const describeState = ({ state }: Order): string =>
  state === 'notified' ? 'created, and you were told' : state;
