import type { Delivery, Envelope, MessageBus } from '@parley/messaging';
import { Reject, type RetryOptions, retryWhileUnavailable } from '@parley/messaging';
import { appendHop, HEADERS, Id, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { type RoutingContext, routeMessage, stringHeader } from './route-message.ts';

/**
 * Handles `broker_input_queue`: what people write gets a receiver, what agents answer goes on as it is. Published
 * with confirm before the delivery is acknowledged, so a crash in between makes a duplicate, never a loss. While the
 * queue takes nothing what is in hand is held.
 */
export function createBrokerInputHandler(
  bus: MessageBus,
  context: RoutingContext & { readonly onAssigned: (agentId: string) => void },
  options: RetryOptions,
): (delivery: Delivery) => Promise<void> {
  return async ({ envelope }) => {
    const forwarded = forward(envelope, context);
    const receiver = stringHeader(forwarded, HEADERS.receiver);
    if (forwarded.type === 'chat.message' && receiver !== undefined)
      context.onAssigned(receiver.slice('agent:'.length));
    await retryWhileUnavailable(() => bus.publish(SERVER_INPUT_QUEUE, forwarded), options);
  };
}

function forward(envelope: Envelope, context: RoutingContext): Envelope {
  switch (envelope.type) {
    case 'chat.message':
      if (!Id.safeParse(envelope.messageId).success) {
        throw new Reject('malformed_message', 'the property messageId is not a UUIDv7');
      }
      return routeMessage(envelope, context);
    case 'chat.reply':
    case 'chat.settled':
    case 'chat.failed': {
      const hops = appendHop(stringHeader(envelope, HEADERS.hops), 'broker');
      return { ...envelope, headers: { ...envelope.headers, [HEADERS.hops]: hops } };
    }
    default:
      throw new Reject(
        'malformed_message',
        `the property type is ${JSON.stringify(envelope.type.slice(0, 64))}`,
      );
  }
}
