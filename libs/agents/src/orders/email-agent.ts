import { type AgentDefinition, defineAgent } from '@parley/agent-kit';
import { deriveId, shortHash } from '@parley/shared-models';
import { z } from 'zod';
import { DAILY_LIMITS, limitReached, type MailLimits, takeMail } from './mail-limits.ts';
import type { Mailer } from './mailer.ts';
import { describeOrder } from './order.ts';
import { type Customer, ORDER_EVENTS, OrderCreated } from './order-events.ts';
import { sendPatiently } from './send-patiently.ts';

const MailState = z.enum(['sent', 'kept', 'limited']);

export const NOTIFICATION = 'Order created, you will receive an email soon.';
export const NO_ADDRESS =
  'Order created. You gave no mail address, so you will receive no email. With one you will: “order 1 laptop, mail to ada@example.com”.';

/** Longer than a mail server is waited for. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * Sends a mail for each order. Once: each mail sent is stored. Only a crash in the moment between the mail server's
 * answer and that memory sends it a second time, with the same Message-ID, which mail programs show once. Addresses that
 * people name get so many a day at most, and so do all of one person.
 */
export function createEmailAgent(mailer: Mailer, limits: MailLimits = DAILY_LIMITS): AgentDefinition {
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
    // The mailer waits for a mail server that is away; another attempt cannot change a permanent refusal.
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
        const mayGo = !mail.isAddressKnown || (await takeMail(memory, customer.id, mail.to.address, limits));
        state = mayGo ? await sendPatiently(mail, mailer, { signal, logger }) : 'limited';
        await memory.put(key, state);
        logger.info({ orderId, via: mailer.label }, LOG_TEXTS[state]);
      }
      await publish(
        'human',
        'notification',
        { message: messageFor(state, limits), orderId },
        { id: deriveId(orderId, 'notification') },
      );
    },
  });
}

const LOG_TEXTS = {
  sent: 'a mail was sent',
  kept: 'a mail has no address',
  limited: 'a mail was not sent: the limit for today is reached',
} as const;

function messageFor(state: z.infer<typeof MailState>, limits: MailLimits): string {
  if (state === 'limited') return limitReached(limits);
  return state === 'sent' ? NOTIFICATION : NO_ADDRESS;
}

/** A mail address of the customer; one that leads nowhere outside where none is known. */
function addressOf({ id, email }: Customer): string {
  if (email !== undefined) return email;
  const local = id.replace(/[^\w.+-]+/g, '-').slice(0, 48);
  // Two people must not share one.
  return `${local === id ? id : `${local}-${shortHash(id)}`}@parley.localhost`;
}
