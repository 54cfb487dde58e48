import {
  createKeyedMutex,
  type Delivery,
  type Envelope,
  type MessageBus,
  Reject,
  type RetryOptions,
  retryWhileUnavailable,
} from '@parley/messaging';
import { modelOptions } from '@parley/routing';
import { appendHop, HEADERS, Id, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { ModelQuestion } from './model-question.ts';
import { type RoutingContext, routeMessage, stringHeader } from './route-message.ts';

export interface BrokerInputContext extends RoutingContext {
  readonly onAssigned: (agentId: string) => void;
  /** Resolves once the agents are known as of this revision; undefined: they are. @default they always are */
  readonly caughtUp?: (agentsRevision: string) => Promise<void> | undefined;
  /** Decides the messages that the scorers leave open. @default nothing decides them */
  readonly modelQuestion?: ModelQuestion;
  /** Messages that may wait, for the agents or for the language model; with more, nothing is waited for. @default 64 */
  readonly maxWaiting?: number;
}

/** With more messages of its own conversation before it, a message does not wait for the language model as well. */
const MAX_AHEAD = 2;

/**
 * Handles `broker_input_queue`: people's messages get a receiver, agents' replies are forwarded unchanged. Messages are
 * published with confirm before the delivery is acknowledged, so a crash in between makes a duplicate, never a loss.
 * While the queue takes nothing, the messages in hand are held. A message to an agent that the broker does not know yet
 * waits until the broker knows it. A message that waits for that, or for a language model, holds up those of its own
 * conversation only, which must not overtake it.
 */
export function createBrokerInputHandler(
  bus: MessageBus,
  context: BrokerInputContext,
  options: RetryOptions,
): (delivery: Delivery) => Promise<void> {
  const { modelQuestion, maxWaiting = 64 } = context;
  const mutex = createKeyedMutex();

  async function publish(forwarded: Envelope): Promise<void> {
    const receiver = stringHeader(forwarded, HEADERS.receiver);
    if (forwarded.type === 'chat.message' && receiver !== undefined)
      context.onAssigned(receiver.slice('agent:'.length));
    await retryWhileUnavailable(
      () => bus.publish(SERVER_INPUT_QUEUE, forwarded, { followsDelivery: true }),
      options,
    );
  }

  async function decide(envelope: Envelope, ahead: number): Promise<Envelope> {
    const routed = routeMessage(envelope, context);
    const isCrowded = mutex.pending > maxWaiting || ahead > MAX_AHEAD;
    if (routed.openText === undefined || isCrowded) return routed.forwarded;
    const choice = await modelQuestion?.ask(routed.openText, modelOptions(context.agents()));
    // Anew: agents may have come or gone meanwhile.
    return choice === undefined ? routed.forwarded : routeMessage(envelope, context, choice).forwarded;
  }

  function behind(envelope: Envelope): Promise<void> | undefined {
    const revision = stringHeader(envelope, HEADERS.agentsRevision);
    return revision === undefined || mutex.pending >= maxWaiting ? undefined : context.caughtUp?.(revision);
  }

  async function route(envelope: Envelope): Promise<void> {
    const conversationId = stringHeader(envelope, HEADERS.conversation) ?? envelope.messageId;
    const ahead = mutex.pendingFor(conversationId);
    const caughtUp = behind(envelope);
    if (ahead === 0 && caughtUp === undefined) {
      const { forwarded, openText } = routeMessage(envelope, context);
      const mayAsk = modelQuestion?.isAvailable === true && mutex.pending < maxWaiting;
      if (openText === undefined || !mayAsk) return publish(forwarded);
    }
    if (mutex.pending >= maxWaiting) modelQuestion?.hurry();
    // The next one may go once this one is on its way; only the acknowledgement waits for the confirm.
    const { confirmed } = await mutex.run(conversationId, async () => {
      await caughtUp;
      return { confirmed: publish(await decide(envelope, ahead)) };
    });
    await confirmed;
  }

  return async ({ envelope }) => {
    switch (envelope.type) {
      case 'chat.message':
        if (!Id.safeParse(envelope.messageId).success) {
          throw new Reject('malformed_message', 'the property messageId is not a UUID');
        }
        return route(envelope);
      case 'chat.reply':
      case 'chat.settled':
      case 'chat.failed': {
        const hops = appendHop(stringHeader(envelope, HEADERS.hops), 'broker');
        return publish({ ...envelope, headers: { ...envelope.headers, [HEADERS.hops]: hops } });
      }
      default:
        throw new Reject(
          'malformed_message',
          `the property type is ${JSON.stringify(envelope.type.slice(0, 64))}`,
        );
    }
  };
}
