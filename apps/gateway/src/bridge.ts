import type { Client } from '@parley/client';
import type { Logger } from '@parley/process-kit';
import { type ChatMessage, newId, type ParleyError, type ServerFrameOf } from '@parley/shared-models';
import type { GatewayConfig } from './config.ts';
import type { ExternalAddress } from './external-address.ts';
import { connectExternal } from './external-connection.ts';
import { type IncomingFrame, parseIncoming } from './incoming-frame.ts';
import { createKeptFrames } from './kept-frames.ts';
import { composeOutgoing, type Outgoing } from './outgoing-frame.ts';
import { createOwnMessages } from './own-messages.ts';
import { createPendingRequests, type Request } from './pending-requests.ts';
import { createQuietConversations } from './quiet-conversations.ts';
import { createRecentMap } from './recent-map.ts';
import { createStatusKeeper } from './status-keeper.ts';

export interface BridgeOptions {
  readonly config: Pick<
    GatewayConfig,
    | 'EXTERNAL_WS_USER_ID'
    | 'EXTERNAL_WS_FORMAT'
    | 'EXTERNAL_QUEUE_LIMIT'
    | 'EXTERNAL_RECONNECT_MAX_MS'
    | 'EXTERNAL_HEARTBEAT_MS'
  >;
  readonly address: ExternalAddress;
  /** Its owner connects and closes it. */
  readonly client: Client;
  readonly logger: Logger;
}

/** Between the external server and Parley. */
export interface Bridge {
  /** Takes nothing more from the external server, and waits for the answers to the messages taken. */
  drain(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

type Incoming = Extract<IncomingFrame, { kind: 'message' }>;

/** The user id of all people that the external server does not name. */
const NOBODY = 'external';
/** Ids of messages that are remembered, so that no message is taken twice. */
const SEEN_IDS = 10_000;
/** Messages without an answer yet at most, in sizes of the queue; beyond them no message is taken. */
const UNANSWERED_QUEUES = 10;
/** Frames without a message that the external server may send in a second; after each further one it has to wait. */
const USELESS_PER_SECOND = 200;
/** Conversations in which nothing is awaited that are still followed: an agent may reply twice. */
const QUIET_FOLLOWED = 100;

export function createBridge({ config, address, client, logger }: BridgeOptions): Bridge {
  const limit = config.EXTERNAL_QUEUE_LIMIT;
  const requests = createPendingRequests();
  const conversations = createQuietConversations(QUIET_FOLLOWED, client.leave);
  const own = createOwnMessages();
  const seen = createRecentMap<true>(SEEN_IDS);
  let lastFormat: 'json' | 'text' | undefined;
  /** Messages that Parley has not acknowledged. */
  let queued = 0;
  let isDraining = false;
  let isStopped = false;
  let hasRefused = false;
  /** Frames of no use since `uselessSince`. */
  let useless = 0;
  let uselessSince = 0;

  const status = createStatusKeeper({
    gatewayId: address.gatewayId,
    url: address.shown,
    waiting: () => ({ queued, kept: kept.size }),
    tell: (report) => void client.frame({ type: 'external.report', status: report }),
  });
  const kept = createKeptFrames({
    limit,
    transmit: (data) => external.send(data),
    onSent: () => status.count('sent'),
    onDropped() {
      status.count('failed');
      logger.warn('too many answers wait for the external server: the oldest was dropped');
    },
  });
  const external = connectExternal({
    url: address.url,
    logger,
    reconnectMaxMs: config.EXTERNAL_RECONNECT_MAX_MS,
    heartbeatMs: config.EXTERNAL_HEARTBEAT_MS,
    onText: receive,
    onBinary: () => ignore('it is binary'),
    onError: status.failedWith,
    onState(state) {
      logger.info({ external: address.shown, state }, `the external server is ${state}`);
      status.changed(state);
      if (state === 'connected') kept.flush();
    },
  });

  function ignore(why: string): void {
    status.count('ignored');
    if (endure()) logger.info({ why }, `a frame of the external server was ignored: ${why}`);
  }

  /** Counts a frame that brings nothing. False when there were too many: the external server has to wait then. */
  function endure(): boolean {
    const now = performance.now();
    if (now - uselessSince > 1000) {
      useless = 0;
      uselessSince = now;
    }
    useless += 1;
    if (useless <= USELESS_PER_SECOND) return true;
    if (useless === USELESS_PER_SECOND + 1)
      logger.warn('the external server sends much that is no message: it is read more slowly');
    external.rest(1000 / USELESS_PER_SECOND);
    return false;
  }

  function receive(data: string): void {
    const frame = parseIncoming(data);
    if (frame.kind === 'ping') answerPing();
    else if (frame.kind === 'of-an-agent') ignore('an agent wrote it');
    else if (frame.kind === 'ignored') ignore(frame.why);
    else if (isOwn(frame)) ignore('it was sent from here and came back');
    else if (frame.id !== undefined && seen.has(keyOf(frame, frame.id))) ignore('it came before');
    else take(frame);
  }

  function answerPing(): void {
    if (endure()) kept.send(JSON.stringify({ type: 'pong' }));
  }

  function isOwn({ id, user, text }: Incoming): boolean {
    if (id !== undefined && own.hasId(id)) return true;
    const mayBeOurs = user === undefined || user.id === config.EXTERNAL_WS_USER_ID;
    return mayBeOurs && own.takeText(text);
  }

  function take(frame: Incoming): void {
    status.count('received');
    lastFormat = frame.format;
    if (!hasRoom()) {
      refuse(frame);
      return;
    }
    hasRefused = false;
    if (frame.id !== undefined) seen.set(keyOf(frame, frame.id), true);
    const request = requestOf(frame);
    requests.add(request);
    conversations.began(request.conversationId);
    queued += 1;
    if (queued >= limit) external.pause();
    const { accepted, answered } = client.send({
      id: request.id,
      conversationId: request.conversationId,
      text: frame.text,
      onBehalfOf: frame.user ?? { id: NOBODY, name: NOBODY },
    });
    const dequeue = (): void => {
      queued -= 1;
      if (queued < limit / 2 && !isDraining) external.resume();
    };
    accepted.then(dequeue, dequeue);
    // The answer itself comes as a message, and may be followed by further ones.
    answered.catch((error: ParleyError) => onFailed(request.id, error));
  }

  /** While Parley is there the external server is made to wait; when it is away nothing is taken beyond the limit. */
  function hasRoom(): boolean {
    if (requests.size >= limit * UNANSWERED_QUEUES) return false;
    return queued < (client.connection.state === 'open' ? 4 * limit : limit);
  }

  function refuse(frame: Incoming): void {
    status.count('failed');
    if (!endure()) return;
    if (!hasRefused) logger.warn({ queued }, 'too many messages wait: no more are taken for now');
    // One line of text for all that are refused in a row: nobody could tell which one it is about.
    if (frame.format === 'json' || !hasRefused) {
      const text = 'Too many messages wait here; this one was not taken. Send it again later.';
      send({ ...addressed(frame, frame.id), type: 'error', code: 'unavailable', text });
    }
    hasRefused = true;
  }

  function requestOf({ format, user, id }: Incoming): Request {
    const userId = user?.id ?? NOBODY;
    return {
      id: id === undefined ? newId() : address.messageOf(userId, id),
      conversationId: address.conversationOf(userId),
      format,
      userId: user?.id,
      externalId: id,
      at: performance.now(),
    };
  }

  const stopListening = [
    client.on('message', onMessage),
    client.on('welcome', status.tell),
    client.on('external.send', (frame) => void passOn(frame)),
    client.on('connection', ({ state }) => {
      // Messages that wait for room in a full queue are refused while Parley is away.
      if (state !== 'open' && !isDraining) external.resume();
    }),
    client.on('error', ({ code, message, inReplyTo }) => {
      if (code === 'rate_limited' && inReplyTo === undefined) return;
      status.failedWith(message);
      logger.warn({ code, inReplyTo }, `Parley says: ${message}`);
    }),
  ];

  function onMessage(message: ChatMessage): void {
    if (message.kind !== 'REPLY' || message.inReplyTo === undefined) return;
    const request = requests.get(message.inReplyTo);
    if (request === undefined) return;
    const { id, text, sender } = message;
    send({ ...addressed(request, request.externalId), type: 'message', id, text, agent: sender.name });
    if (requests.end(request.id) === undefined) return;
    status.count('answered');
    status.answeredAfter(performance.now() - request.at);
    conversations.ended(request.conversationId);
  }

  function onFailed(id: string, { code, message }: ParleyError): void {
    const request = requests.end(id);
    if (request === undefined || isStopped) return;
    conversations.ended(request.conversationId);
    status.count('failed');
    logger.warn({ messageId: id, code }, `a message was not answered: ${message}`);
    send({ ...addressed(request, request.externalId), type: 'error', code, text: message });
  }

  function send(outgoing: Outgoing): void {
    const { id, data } = composeOutgoing(outgoing);
    own.sent(id, outgoing.text);
    kept.send(data);
  }

  /** An operator waits for the outcome: this is sent now or not at all. */
  async function passOn({ id, text, userId }: ServerFrameOf<'external.send'>): Promise<void> {
    const format = config.EXTERNAL_WS_FORMAT === 'auto' ? (lastFormat ?? 'json') : config.EXTERNAL_WS_FORMAT;
    const { data } = composeOutgoing({ type: 'message', format, id, text, userId });
    own.sent(id, text);
    const ok = await external.send(data);
    if (ok) status.count('sent');
    const error = `the external server is not there (${external.state})`;
    client.frame({ type: 'external.sent', id, ok, ...(ok ? {} : { error }) });
  }

  return {
    async drain(timeoutMs) {
      isDraining = true;
      external.pause();
      const until = performance.now() + timeoutMs;
      await requests.settled(timeoutMs);
      await kept.settled(Math.max(0, until - performance.now()));
    },
    async stop() {
      isDraining = true;
      isStopped = true;
      for (const stop of stopListening) stop();
      status.stop();
      await external.close();
    },
  };
}

const keyOf = ({ user }: Incoming, id: string): string => JSON.stringify([user?.id, id]);

/** The fields of an outgoing frame for its receiver and the message that it answers. */
function addressed(
  { format, ...about }: { format: 'json' | 'text'; userId?: string | undefined; user?: Incoming['user'] },
  inReplyTo: string | undefined,
): Pick<Outgoing, 'format' | 'userId' | 'inReplyTo'> {
  return { format, userId: about.userId ?? about.user?.id, inReplyTo };
}
