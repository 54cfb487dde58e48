import { type AgentDefinition, defineAgent } from '@parley/agent-kit';
import { describeOrder } from './order.ts';
import { Notification, ORDER_EVENTS, OrderRequested } from './order-events.ts';
import { parseOrder } from './parse-order.ts';

const HELP = 'Tell me what to order, for example “order 1 laptop”.';

/** Takes orders from people, hands them to the agents, and tells people the results. */
export function createCoordinatorAgent(): AgentDefinition {
  return defineAgent({
    name: 'Coordinator',
    description: 'Takes orders for products and tells you when they are placed',
    capabilities: ['orders'],
    keywords: [
      ...['order', 'orders', 'ordering', 'buy', 'purchase', 'product', 'products', 'reorder'],
      ...['shop', 'bestellen', 'bestelle', 'kaufen', 'bestellung'],
    ],
    examples: [
      'order 1 laptop',
      "I'd like to order 2 keyboards",
      'Please buy three monitors for me',
      'Can you order a new office chair?',
      'Purchase 10 USB cables',
      'Please send me a new mouse and a headset',
      'Can you get me two docking stations?',
      'Bestelle bitte einen Laptop',
    ],
    subscriptions: [{ channel: 'human', types: ['order_requested', 'notification'] }],
    events: ORDER_EVENTS,

    async onMessage({ text, user, publish }) {
      const written = parseOrder(text);
      if (written === undefined) return HELP;
      const { email, ...order } = written;
      await publish('human', 'order_requested', {
        ...order,
        customer: { id: user.id, name: user.name, email },
      });
      return `I pass your order on: ${describeOrder(order)}${email === undefined ? '' : `, mail to ${email}`}.`;
    },

    async onEvent({ event, publish, reply }) {
      if (event.type === 'order_requested') {
        const { customer, ...order } = OrderRequested.parse(event.payload);
        const { kind, id, name } = event.source;
        // People order in their own name: nobody can have others mailed, or write into the orders of others.
        const isTheirWord = kind === 'agent' && customer !== undefined;
        await publish('agents', 'order_requested', {
          ...order,
          customer: isTheirWord ? customer : { id, name },
        });
        return;
      }
      const { message } = Notification.parse(event.payload);
      // Orders that programs publish as events begin with no message.
      if (event.correlationId !== undefined) await reply(message, { messageId: event.correlationId });
    },
  });
}
