import { CLOSE_CODES, deriveId, LIMITS, newId, ParleyError, type User } from '@parley/shared-models';
import type { Origin } from '../../audit/origin.ts';
import { submit } from '../../requests/submit.ts';
import type { ServerServices } from '../../server-services.ts';
import type { Connection, Transport } from '../connection.ts';
import { createFollowedConversations } from '../followed-conversations.ts';
import { readIncoming } from '../incoming.ts';
import { createOutgoing } from '../outgoing.ts';
import { outwardReport } from '../outward-report.ts';
import { createTranslation, errorFrame, parseUserMessage, type UserFrame } from './user-frames.ts';

/** Parent of the ids of these conversations: one for each user. */
const CONVERSATIONS = '019aa0d4-6900-7000-8000-75736572736f';

/** The user's one conversation by `/ws/:userId`, whatever connection it comes by. */
export const conversationOfUser = (userId: string): string => deriveId(CONVERSATIONS, 'user', userId);

/** Drives one WebSocket of `/ws/:userId`: its texts become messages of the user, the answers come back. */
export function serveUserSocket(
  { socket, tcp, remoteAddress, admission, admitUser }: Transport,
  user: User,
  services: ServerServices,
  onEnd: () => void,
): Connection {
  const { config, store } = services;
  const logger = services.logger.child({ connectionId: newId() });
  const conversationId = conversationOfUser(user.id);
  const outgoing = createOutgoing(socket, tcp, config.SEND_BUFFER_BYTES, () => {
    logger.warn('a reader was too slow and is disconnected');
    close(CLOSE_CODES.slowReader, 'too slow');
  });
  const origin: Origin = { user, remoteAddress };
  const translate = createTranslation();
  let isClosed = false;
  let isAlive = true;

  const send = (frame: UserFrame): void => outgoing.send(JSON.stringify(frame));
  const fail = (error: unknown): void => {
    if (!(error instanceof ParleyError)) logger.error({ err: error }, 'a message could not be taken');
    send(errorFrame(outwardReport(error)));
  };
  const conversations = createFollowedConversations(services.hub, {
    onFrame(told) {
      for (const { frame } of told.separate) translate(frame).forEach(send);
    },
    flushed: outgoing.flushed,
  });

  // These clients need not send anything; whether they are still there is asked by the WebSocket's own means.
  const pingTimer = setInterval(() => {
    if (!isAlive) return close(CLOSE_CODES.idle, 'nothing was heard');
    isAlive = false;
    socket.ping();
  }, LIMITS.heartbeatMs);

  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    incoming.stop();
    place?.end();
    clearInterval(pingTimer);
    conversations.stop();
    onEnd();
  };
  const close = (code: number, reason: string): void => {
    socket.close(code, reason);
    end();
  };

  /** From now on: what was said before stands in the user's files. */
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

  const incoming = readIncoming({
    socket,
    tcp,
    rate: config.RATE_LIMIT,
    close,
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
  });
  // The path has said who it is.
  incoming.greeted();
  const place = admitUser(user.id, () => socket.terminate());
  place?.hold();
  admission.hold();

  if (place === undefined) close(CLOSE_CODES.tooManyConnections, 'too many connections of this user');
  else {
    following = follow();
    following.catch(fail);
  }
  const heard = (): void => {
    isAlive = true;
  };
  socket.on('message', heard);
  socket.on('pong', heard);
  socket.on('close', end);
  socket.on('error', (err) => logger.debug({ err }, 'a connection broke'));

  return {
    frames: 0,
    tell() {},
    drain: incoming.drain,
    close,
  };
}
