import type { Effect, RequestEvent, Submitted, Transition } from '@parley/requests';
import { agentSignalKey, type MessageStatus, type RoutingDecision } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';

/** The parts of a server that the life of a request needs. */
export type RequestServices = Pick<
  ServerServices,
  'store' | 'bus' | 'hub' | 'relay' | 'sessionGate' | 'agents' | 'logger'
>;

/** Brings the request to the agent that was chosen; rejects when that cannot be done now. */
export type HandOver = (status: MessageStatus & { readonly routing: RoutingDecision }) => Promise<void>;

/**
 * Applies an event to a request: decides and stores the transition, then performs its effects. Every change of a
 * request after its submission goes through here.
 * @param more `traceId`: of the queue message that says so, for the log; `handOver`: for `routed`
 * @throws ParleyError `store_unavailable`, `bus_unavailable`: the same event may be applied again; as `transition`
 */
export async function applyEvent(
  services: RequestServices,
  event: Exclude<RequestEvent, Submitted>,
  more: { readonly traceId?: string | undefined; readonly handOver?: HandOver } = {},
): Promise<Transition> {
  const { requestId } = event;
  const result = await services.store.apply(event);
  services.sessionGate.settled(requestId);
  services.relay.settled(requestId);
  note(services, event, result, more.traceId);
  for (const effect of result.effects) {
    if (effect.do !== 'hand-over') perform(services, effect);
    else if (more.handOver === undefined)
      throw new Error('a request was routed without a function that hands it over');
    else await more.handOver(effect.status);
  }
  return result;
}

/**
 * Performs an effect of a committed transition, at once: the messages of one commit are shown in the order in which
 * they were stored.
 */
export function perform(
  services: Pick<RequestServices, 'bus' | 'hub' | 'relay'>,
  effect: Exclude<Effect, { readonly do: 'hand-over' }>,
): void {
  const { hub, relay } = services;
  switch (effect.do) {
    case 'publish':
      relay.send(effect.entry);
      break;
    case 'show':
      hub.deliver(effect.message, effect.status);
      break;
    case 'tell':
      tell(hub, effect.status);
      break;
    case 'look':
      hub.lookAgain(effect.conversationId);
      break;
    case 'session': {
      const { conversationId, session } = effect;
      hub.broadcast(conversationId, { type: 'session', conversationId, session });
      break;
    }
    case 'cancel':
      tellToStop(services, effect.agentId, effect.requestId);
      break;
  }
}

const tell = (hub: RequestServices['hub'], status: MessageStatus): void =>
  hub.broadcast(status.conversationId, { type: 'message.status', ...status });

/** The agent need not begin with the message, or go on with it: its sender wants no answer, or another instance gave it. */
export function tellToStop({ bus }: Pick<RequestServices, 'bus'>, agentId: string, messageId: string): void {
  const body = Buffer.from(JSON.stringify({ messageId }));
  bus.signal({ type: 'chat.cancel', key: agentSignalKey(agentId), body });
}

function note(
  { logger }: RequestServices,
  { type, requestId }: Exclude<RequestEvent, Submitted>,
  { outcome, refusal, request, message }: Transition,
  traceId: string | undefined,
): void {
  const about = { messageId: requestId, traceId };
  if (outcome === 'done' && message?.kind === 'ERROR')
    logger.info({ ...about, code: request?.error?.code }, 'a message will not be answered');
  else if (outcome === 'refused' && type === 'replied')
    logger.info({ ...about, reason: refusal }, 'a reply was refused');
  else if (outcome !== 'done')
    logger.debug({ ...about, event: type, outcome, reason: refusal }, 'a request was left as it is');
}
