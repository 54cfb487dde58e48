import { CLOSE_CODES, deriveId, newId, ParleyError, type User } from '@parley/shared-models';
import type { Origin } from '../../audit/origin.ts';
import { submit } from '../../requests/submit.ts';
import type { Connection, SharedBySockets, Timed, Transport } from '../client-connection.ts';
import { createFollowedConversations } from '../followed-conversations.ts';
import { outwardReport } from '../outward-report.ts';
import { Incoming, type IncomingOwner, Outgoing } from '../traffic.ts';
import { createTranslation, errorFrame, parseUserMessage, type UserFrame } from './user-frames.ts';

/** Parent of the ids of these conversations: one for each user. */
const CONVERSATIONS = '019aa0d4-6900-7000-8000-75736572736f';

/** The user's one conversation by `/ws/:userId`, over any of their connections. */
export const conversationOfUser = (userId: string): string => deriveId(CONVERSATIONS, 'user', userId);

/** Drives one WebSocket of `/ws/:userId`: its texts become messages of the user, the answers come back. */
export function serveUserSocket(
  { webSocket, tcp, remoteAddress, admission }: Transport,
  user: User,
  { services, connections, users, times }: SharedBySockets,
): void {
  const { config, store, logger } = services;
  const connectionId = newId();
  const conversationId = conversationOfUser(user.id);
  const outgoing = new Outgoing(webSocket, tcp, config.SEND_BUFFER_BYTES, () => {
    logger.warn({ connectionId }, 'a reader was too slow and is disconnected');
    close(CLOSE_CODES.slowReader, 'too slow');
  });
  const origin: Origin = { user, remoteAddress };
  const translate = createTranslation();
  let isClosed = false;
  let isAsked = false;

  const send = (frame: UserFrame): void => outgoing.send(JSON.stringify(frame));
  const fail = (error: unknown): void => {
    if (!(error instanceof ParleyError))
      logger.error({ err: error, connectionId }, 'a message could not be taken');
    send(errorFrame(outwardReport(error)));
  };
  const conversations = createFollowedConversations(services.hub, {
    onFrame(told) {
      for (const { frame } of told.separate) translate(frame).forEach(send);
    },
    flushed: () => outgoing.flushed(),
  });

  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    incoming.stop();
    place?.end();
    times.sign.end(connection);
    conversations.stop();
    connections.delete(connection);
  };
  const close = (code: number, reason: string): void => {
    webSocket.close(code, reason);
    end();
  };

  /** From now on: earlier messages are in the user's files. */
  const follow = async (): Promise<void> => {
    try {
      const conversation = await store.getConversation(conversationId);
      conversations.follow(conversationId, conversation?.lastSeq ?? 0);
    } catch (error) {
      // The next text tries again.
      following = undefined;
      throw error;
    }
  };
  let following: Promise<void> | undefined;

  /** Texts wait for the same things one after another, and so keep their order. */
  const take = async (text: string): Promise<void> => {
    services.userLimits.count(origin);
    following ??= follow();
    await following;
    await submit(services, {
      message: {
        id: newId(),
        conversationId,
        kind: 'TEXT',
        sender: { kind: 'user', id: user.id, name: user.name },
        text,
        createdAt: new Date().toISOString(),
      },
      ownerId: user.id,
      payer: origin,
    });
  };

  const connection: Connection & IncomingOwner & Timed = {
    frames: 0,
    tell() {},
    drain: (timeoutMs) => incoming.drain(timeoutMs),
    close,
    heard() {
      isAsked = false;
      times.sign.begin(connection);
    },
    // These clients need not send anything; whether they are still there is asked by the WebSocket's own means.
    timeIsOver() {
      if (isAsked) return close(CLOSE_CODES.idle, 'nothing was heard');
      isAsked = true;
      times.sign.begin(connection);
      webSocket.ping();
    },
    take(text) {
      try {
        if (text === undefined) throw new ParleyError('invalid_json', 'Frames are text.');
        return take(parseUserMessage(text)).catch(fail);
      } catch (error) {
        fail(error);
        incoming.malformed();
        return undefined;
      }
    },
    refuse: () => fail(new ParleyError('rate_limited', `At most ${config.RATE_LIMIT} frames a second.`)),
  };
  const incoming = new Incoming(connection, webSocket, tcp, config.RATE_LIMIT);
  // The path has named the user.
  incoming.greeted();
  connections.add(connection);
  times.sign.begin(connection);
  const place = users.admit(`user ${user.id}`, () => webSocket.terminate());
  place?.hold();
  admission.hold();

  if (place === undefined) close(CLOSE_CODES.tooManyConnections, 'too many connections of this user');
  else {
    following = follow();
    following.catch(fail);
  }
  webSocket.on('pong', () => {
    if (!isClosed) connection.heard();
  });
  webSocket.on('close', end);
}
