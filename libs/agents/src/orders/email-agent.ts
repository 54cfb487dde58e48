import { type AgentDefinition, defineAgent } from '@parley/agent-kit';
import { deriveId } from '@parley/shared-models';
import { z } from 'zod';
import type { Mailer } from './mailer.ts';
import { describeOrder } from './order.ts';
import { type Customer, ORDER_EVENTS, OrderCreated } from './order-events.ts';

const MailState = z.enum(['sent']);

export const NOTIFICATION = 'Order created, you will receive an email soon.';

/**
 * Sends a mail for each order. Once: what was sent is remembered. Only a crash in the moment between the mail server's
 * answer and that memory sends it a second time, with the same Message-ID, which mail programs show once.
 */
export function createEmailAgent(mailer: Mailer): AgentDefinition {
  return defineAgent({
    name: 'Email',
    description: `Sends mails about orders (${mailer.label})`.slice(0, 500),
    capabilities: ['email'],
    keywords: ['order confirmation', 'confirmation mail', 'confirmation email'],
    examples: ['Did you send the mail about my order?', 'I have not received the order confirmation'],
    subscriptions: [{ channel: 'agents', types: ['order_created'] }],
    events: ORDER_EVENTS,
    concurrency: 8,

    onMessage: () => 'I send a mail when an order is created; there is nothing else to ask me.',

    async onEvent({ event, memory, publish, logger }) {
      const order = OrderCreated.parse(event.payload);
      const { orderId, customer } = order;
      const key = `mail:${orderId}`;
      if ((await memory.get(key, MailState)) === undefined) {
        await mailer.send({
          messageId: `<order-${orderId}@parley.localhost>`,
          to: { name: customer.name, address: addressOf(customer) },
          subject: `Your order: ${describeOrder(order)}`,
          text: [
            `Hello ${customer.name},`,
            '',
            `your order was created: ${describeOrder(order)}.`,
            `Order number: ${orderId}`,
            '',
            'Thank you.',
          ].join('\n'),
        });
        await memory.put(key, 'sent');
        logger.info({ orderId, via: mailer.label }, 'a mail was sent');
      }
      await publish(
        'human',
        'notification',
        { message: state === 'sent' ? NOTIFICATION : NO_ADDRESS, orderId },
        { id: deriveId(orderId, 'notification') },
      );
    },
  });
}

/** A mail address of the customer; one that leads nowhere outside where none is known. */
function addressOf({ id, email }: Customer): string {
  return email ?? `${id.replace(/[^\w.+-]+/g, '-').slice(0, 60)}@parley.localhost`;
}
