import {
  bodyOf,
  createKeyedMutex,
  type Delivery,
  type Envelope,
  Reject,
  retryWhileUnavailable,
} from '@parley/messaging';
import type { ChosenAgent, Speaker } from '@parley/requests';
import {
  agentQueue,
  appendHop,
  CAPABILITIES,
  decodeRouting,
  decodeSessionHint,
  ERRORS,
  Failure,
  HEADERS,
  type Hop,
  Id,
  lostAgents,
  ParleyError,
  parseHops,
  ReplyBody,
  type RoutingDecision,
  type SessionHint,
  Settled,
  traceIdOf,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import { createProfileLookup, type ProfileLookup } from '../agents/profile-lookup.ts';
import { isSubscribed } from '../channels/list-events.ts';
import type { ServerServices } from '../server-services.ts';
import { applyEvent, type HandOver, type RequestServices } from './apply-event.ts';
import {
  attemptOf,
  decodedHeader,
  hopsOf,
  integerHeader,
  isBesideAnswer,
  senderAgentOf,
  stringHeader,
} from './queue-headers.ts';

export interface ServerInputHandler {
  handle(delivery: Delivery): Promise<void>;
  /** Messages that wait for the store or the queue go back to the queue. */
  abandon(): void;
}

/**
 * Handles `server_input_queue`: messages that the broker gave a receiver, and answers of agents. Those of one
 * conversation one after the other: while the store or the queue is away, a later one must not get through first.
 */
export function createServerInputHandler(services: ServerServices): ServerInputHandler {
  const { logger, config } = services;
  const profileOf = createProfileLookup(services);
  const abandoned = new AbortController();
  const mutex = createKeyedMutex();

  const dispatch = async (envelope: Envelope): Promise<void> => {
    switch (envelope.type) {
      case 'chat.message':
        return onRouted(envelope, services, { profileOf, sessionTtlMs: config.SESSION_TTL_MS });
      case 'chat.reply':
        return onReply(envelope, services, profileOf);
      case 'chat.settled':
        return onSettled(envelope, services);
      case 'chat.failed':
        return onFailed(envelope, services);
      default:
        throw new Reject(
          'malformed_message',
          `the property type is ${JSON.stringify(envelope.type.slice(0, 64))}`,
        );
    }
  };

  return {
    async handle(delivery) {
      const messageId = Id.safeParse(delivery.envelope.messageId).data;
      if (messageId === undefined)
        throw new Reject('malformed_message', 'the property messageId is not a UUID');
      const envelope = { ...delivery.envelope, messageId };
      try {
        const isGoingDown = abandoned.signal.aborted;
        await mutex.run(orderingKeyOf(envelope), async () => {
          // The message before it goes back to the queue, and this one must not overtake it.
          if (!isGoingDown) abandoned.signal.throwIfAborted();
          await retryWhileUnavailable(() => dispatch(envelope), { signal: abandoned.signal, logger });
        });
      } catch (error) {
        // Handed out again it would fail again, and hold up others meanwhile.
        if (error instanceof ParleyError && !ERRORS[error.code].canRetry)
          throw new Reject(error.code, error.message, { cause: error });
        throw error;
      }
    },
    abandon: () => abandoned.abort(),
  };
}

/** Questions and answers need not wait for one another: each have an order of their own. */
function orderingKeyOf(envelope: Envelope): string {
  const conversationId = stringHeader(envelope, HEADERS.conversation) ?? envelope.messageId;
  return envelope.type === 'chat.message' ? `asked ${conversationId}` : `answered ${conversationId}`;
}

/**
 * `chat.message` from the broker: records the chosen agent and hands the message on to that agent's queue. The body
 * passes unread. Handed out again, the first decision stands.
 * @param sessionTtlMs how long a session lasts without a message, in milliseconds
 */
export async function onRouted(
  envelope: Envelope,
  services: RequestServices,
  { profileOf, sessionTtlMs }: { profileOf: ProfileLookup; sessionTtlMs: number },
): Promise<void> {
  const requestId = envelope.messageId;
  const decision = decodedHeader(envelope, HEADERS.routing, decodeRouting);
  if (decision === undefined)
    throw new Reject('malformed_message', 'the broker gave no decision: the header "routing" is missing');
  const hint = decodedHeader(envelope, HEADERS.session, decodeSessionHint);
  const hops = appendHop(stringHeader(envelope, HEADERS.hops), 'server');
  const event = {
    type: 'routed',
    requestId,
    attempt: integerHeader(envelope, HEADERS.attempt),
    decision,
    hops: parseHops(hops),
    chosen: await chosenAgent(decision, hint, profileOf, sessionTtlMs),
  } as const;
  const traceId = traceIdOf(envelope.headers);
  await applyEvent(services, event, { traceId, handOver: handingOver(envelope, hops, services) });
}

/** Undefined where the message's own hint tells that nothing changes, so that most messages cost the store nothing more. */
async function chosenAgent(
  { agentId, agentName }: RoutingDecision,
  hint: SessionHint | undefined,
  profileOf: ProfileLookup,
  sessionTtlMs: number,
): Promise<ChosenAgent | undefined> {
  if (hint?.isEnding) return undefined;
  const profile = await profileOf(agentId);
  if (profile === undefined) return undefined;
  const holdsSession = profile.capabilities.includes(CAPABILITIES.holdsSession);
  const isSame = hint?.agentId === agentId && hint.agentName === agentName;
  if (isSame && hint.isHeld === holdsSession) return undefined;
  return { group: profile.group, holdsSession, sessionTtlMs };
}

function handingOver(envelope: Envelope, hops: string, services: RequestServices): HandOver {
  const { bus, hub, agents } = services;
  return async (status) => {
    const { routing, conversationId } = status;
    const { agentId } = routing;
    const tell = (state: 'routed' | 'delivered'): void =>
      hub.broadcast(conversationId, { type: 'message.status', ...status, status: state });
    // At once follows that it was delivered, which says this too; or the queue cannot be reached for a while.
    if (bus.health().state !== 'up') tell('routed');
    // A process that was replaced, and does not know it yet, leaves the message to the one that replaced it.
    const incarnation = agents.get(agentId)?.incarnation;
    const { [HEADERS.routing]: _decision, ...read } = envelope.headers;
    const headers = {
      ...read,
      [HEADERS.hops]: hops,
      [HEADERS.receiver]: `agent:${agentId}`,
      ...(incarnation === undefined ? {} : { [HEADERS.incarnation]: incarnation }),
    };
    try {
      // Handed out again after a power cut, the message is handed over again.
      await bus.publish(agentQueue(agentId), { ...envelope, headers }, { followsDelivery: true });
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'queue_missing') {
        tell('routed');
        throw error;
      }
      // The agent was taken off the list between the decision and now.
      await applyEvent(services, { type: 'agent-gone', requestId: envelope.messageId, agentId });
      return;
    }
    tell('delivered');
  };
}

/** `chat.reply` from an agent: stored once, then shown to those that follow the conversation. */
export async function onReply(
  envelope: Envelope,
  services: RequestServices,
  profileOf: ProfileLookup,
): Promise<void> {
  const said = bodyOf(envelope, ReplyBody, envelope.type);
  if (said.sender.kind !== 'agent' || senderAgentOf(envelope) !== said.sender.id)
    throw new Reject('malformed_message', 'the sender in the headers is not the one in the body');
  const agentId = said.sender.id;
  // Readers go by the name: it is that of the registration, and no word of Parley itself comes from an agent.
  const name = (await profileOf(agentId))?.name ?? agentId;
  const requestId = said.inReplyTo;
  const isBeside = isBesideAnswer(envelope);
  const cause = isBeside
    ? await causeOf(said, stringHeader(envelope, HEADERS.causation) ?? '', services.store, profileOf)
    : undefined;
  const event = {
    type: 'replied',
    requestId,
    reply: { ...said, kind: 'REPLY', sender: { kind: 'agent', id: agentId, name } },
    from: speakerOf(envelope, agentId, services, cause?.group),
    hops: hopsOf(envelope),
    beside: cause,
  } as const;
  await applyEvent(services, event, { traceId: traceIdOf(envelope.headers) });
}

/** `chat.settled` from an agent: it handled the request and has nothing to say. */
export async function onSettled(envelope: Envelope, services: RequestServices): Promise<void> {
  const { requestId } = bodyOf(envelope, Settled, envelope.type);
  const agentId = senderAgentOf(envelope);
  if (agentId === undefined) throw new Reject('malformed_message', 'the header "sender" names no agent');
  const from = speakerOf(envelope, agentId, services);
  const event = { type: 'settled', requestId, from, hops: hopsOf(envelope) } as const;
  await applyEvent(services, event, { traceId: traceIdOf(envelope.headers) });
}

/**
 * The agent that sent it, and whether another process has registered under its id since.
 * @param ownGroup of the task that it speaks for: that may outlive the agent which had the message
 */
function speakerOf(
  envelope: Envelope,
  agentId: string,
  { agents, logger }: Pick<RequestServices, 'agents' | 'logger'>,
  ownGroup?: string,
): Speaker {
  const known = agents.get(agentId);
  const incarnation = integerHeader(envelope, HEADERS.incarnation);
  const isReplaced = known !== undefined && incarnation < known.firstIncarnation;
  if (isReplaced && !isBesideAnswer(envelope)) {
    logger.warn(
      { agentId, messageId: envelope.correlationId, incarnation, current: known.incarnation },
      `what a replaced process sent was refused: ${envelope.type}`,
    );
  }
  return {
    agentId,
    isReplaced,
    attempt: attemptOf(envelope),
    isSiblingOf(other) {
      const group = agents.get(agentId)?.profile.group;
      return group !== undefined && (agents.get(other)?.profile.group ?? ownGroup) === group;
    },
  };
}

/**
 * The cause of a reply beside the answer: a task in that conversation, or an event that followed from the message and
 * that the agent's group has subscribed to. `isOwn`: it is the agent's; to know the id of a message gives no right to
 * answer it.
 */
async function causeOf(
  { sender, inReplyTo }: ReplyBody,
  causeId: string,
  store: Store,
  profileOf: ProfileLookup,
): Promise<{ isOwn: boolean; group?: string }> {
  const profile = await profileOf(sender.id);
  const task = await store.tasks.get(causeId);
  if (task !== undefined) {
    const conversationId = (await store.getMessage(inReplyTo))?.message.conversationId;
    const isOwn = task.group === profile?.group && task.conversationId === conversationId;
    return { isOwn, group: task.group };
  }
  const logged = await store.events.get(causeId);
  const isOwn =
    profile !== undefined &&
    logged !== undefined &&
    (logged.event.correlationId ?? logged.event.id) === inReplyTo &&
    isSubscribed(profile, logged);
  return { isOwn };
}

/**
 * `chat.failed` from the broker or an agent: the request will not be answered, and the sender learns why. Where a
 * broker decides twice, since it died before it acknowledged, the first decision stands.
 */
export async function onFailed(envelope: Envelope, services: RequestServices): Promise<void> {
  const { requestId, code, message } = bodyOf(envelope, Failure, envelope.type);
  const agentId = senderAgentOf(envelope);
  const hops = hopsOf(envelope);
  const lossText = agentId === undefined ? describeLoss(hops, services) : '';
  const event = {
    type: 'failed',
    requestId,
    error: { code, message: `${lossText}${message}` },
    from: agentId === undefined ? undefined : speakerOf(envelope, agentId, services),
    attempt: attemptOf(envelope),
    hops,
  } as const;
  await applyEvent(services, event, { traceId: traceIdOf(envelope.headers) });
}

/**
 * The part of the reason that the broker cannot know: an agent had the message before, and went away with it.
 * Otherwise empty.
 */
function describeLoss(hops: readonly Hop[], { agents }: Pick<RequestServices, 'agents'>): string {
  const lost = lostAgents(hops);
  const last = lost.at(-1);
  if (last === undefined) return '';
  const name = agents.get(last)?.profile.name ?? last;
  const times = lost.filter((agentId) => agentId === last).length;
  // One that was soon back each time went away more often than is noted here, so once is no number to tell.
  return `${name} went away while it had your message${times === 1 ? '' : `, ${times} times at least`}. `;
}
