import { type AgentDefinition, defineAgent } from '@parley/agent-kit';
import { deriveId } from '@parley/shared-models';
import { z } from 'zod';
import type { Mailer } from './mailer.ts';
import { describeOrder } from './order.ts';
import { type Customer, ORDER_EVENTS, OrderCreated } from './order-events.ts';
import { sendPatiently } from './send-patiently.ts';

const MailState = z.enum(['sent', 'kept']);

export const NOTIFICATION = 'Order created, you will receive an email soon.';
export const NO_ADDRESS =
  'Order created. You gave no mail address, so you will receive no email. With one you will: “order 1 laptop, mail to ada@example.com”.';

/** Longer than a mail server is waited for. */
const TIMEOUT_MS = 15 * 60_000;

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
    timeoutMs: TIMEOUT_MS,
    // A mail server that is away is waited for; what it has refused for good it refuses again.
    attempts: 1,

    onMessage: () => 'I send a mail when an order is created; there is nothing else to ask me.',

    async onEvent({ event, memory, publish, signal, logger }) {
      const order = OrderCreated.parse(event.payload);
      const { orderId, customer } = order;
      const key = `mail:${orderId}`;
      let state = await memory.get(key, MailState);
      if (state === undefined) {
        const mail = {
          messageId: `<order-${orderId}@parley.localhost>`,
          to: { name: customer.name, address: addressOf(customer) },
          isAddressKnown: customer.email !== undefined,
          subject: `Your order: ${describeOrder(order)}`,
          text: [
            `Hello ${customer.name},`,
            '',
            `your order was created: ${describeOrder(order)}.`,
            `Order number: ${orderId}`,
            '',
            'Thank you.',
          ].join('\n'),
        };
        state = await sendPatiently(mail, mailer, { signal, logger });
        await memory.put(key, state);
        logger.info(
          { orderId, via: mailer.label },
          state === 'sent' ? 'a mail was sent' : 'a mail has no address',
        );
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
