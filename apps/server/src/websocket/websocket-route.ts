import { CLOSE_CODES, ParleyError, SUBPROTOCOL, type User } from '@parley/shared-models';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { WebSocket } from 'ws';
import { createConnectionLimits } from '../connections/connection-limits.ts';
import { limitSockets } from '../connections/limit-sockets.ts';
import { callerOf, signIn } from '../http/authorization.ts';
import type { ServerServices } from '../server-services.ts';
import type { Authenticator } from '../users/authenticator.ts';
import { ClientConnection, createShared, type Transport } from './client-connection.ts';
import { tellAgents } from './tell-agents.ts';
import { serveUserSocket } from './user-socket/serve-user-socket.ts';

const GOING_AWAY = 'the server is going away: connect again and resume';

/** All WebSockets of this server. */
export interface Connections {
  readonly count: number;
  /**
   * Finishes the frames in hand, at most `timeoutMs`, then closes each with the code that means "connect again and
   * resume".
   */
  drain(timeoutMs: number): Promise<void>;
}

/** `GET /ws`, where `hello` names the user, and `GET /ws/:userId`. */
export function registerWebSocketRoute(app: FastifyInstance, services: ServerServices): Connections {
  const shared = createShared(services);
  const { connections } = shared;
  let isDraining = false;
  const { config } = services;
  const admissionOf = limitSockets(
    app,
    createConnectionLimits(config.CONNECTIONS_PER_ADDRESS),
    config.TRUST_PROXY,
  );

  /** `ws` has ended the connection by then, with the code of the client's error. */
  const onError = (err: Error): void => services.logger.debug({ err }, 'a connection broke');

  /** Serves it, where there is room. */
  const open = (
    webSocket: WebSocket,
    request: FastifyRequest,
    serve: (transport: Transport) => void,
  ): void => {
    // Instead of the plugin's listener, which holds the request for as long as the WebSocket lives.
    webSocket.removeAllListeners('error').on('error', onError);
    if (isDraining) {
      webSocket.close(CLOSE_CODES.goingAway, 'going away');
      return;
    }
    const admission = admissionOf(request, () => webSocket.terminate());
    if (admission === undefined) {
      webSocket.close(CLOSE_CODES.tooManyConnections, 'too many connections from this address');
      return;
    }
    const { ip, raw } = request;
    serve({ webSocket, tcp: raw.socket, remoteAddress: ip, caller: callerOf(request), admission });
  };
  /** The response of a request that becomes a WebSocket is never sent: the connection lets go of it, and of all that it holds. */
  const preHandler: preHandlerAsyncHookHandler = async ({ ws, raw }, reply) => {
    if (ws) reply.raw.detachSocket(raw.socket);
  };

  app.get(
    '/ws',
    { websocket: true, config: { action: 'public' }, schema: { hide: true }, preHandler },
    (webSocket, request) => open(webSocket, request, (transport) => new ClientConnection(transport, shared)),
  );

  app.get(
    '/ws/:userId',
    {
      websocket: true,
      config: { action: 'public' },
      schema: { hide: true },
      // Refused before there is a WebSocket, so that a client learns why.
      async preValidation(request) {
        userOfPath(userIdOf(request), services.authenticator);
        await signIn(request, services.authenticator, services.audit);
      },
      preHandler,
    },
    (webSocket, request) => {
      const user = userOfPath(userIdOf(request), services.authenticator);
      open(webSocket, request, (transport) => serveUserSocket(transport, user, shared));
    },
  );

  const stopTelling = tellAgents(services.agents, connections);
  app.addHook('preClose', async () => {
    stopTelling();
    for (const connection of connections) connection.close(CLOSE_CODES.goingAway, GOING_AWAY);
    for (const each of Object.values(shared.times)) each.stop();
  });

  return {
    get count() {
      return connections.size;
    },
    async drain(timeoutMs) {
      isDraining = true;
      await Promise.all(
        [...connections].map(async (connection) => {
          await connection.drain(timeoutMs);
          connection.close(CLOSE_CODES.goingAway, GOING_AWAY);
        }),
      );
    },
  };
}

const userIdOf = (request: FastifyRequest): string => (request.params as { userId: string }).userId;

/** Ids that Parley itself gives to owners of conversations. */
const RESERVED_IDS = /^(?:agent|external|system):/;
const ID_LENGTH = 128;

/**
 * The user of `/ws/:userId`: the one that the path names, as a member. Nothing proves it, so it is only for servers
 * where nobody has to sign in.
 * @throws ParleyError `forbidden` where people sign in, `invalid_request` when it cannot be a user's id
 */
export function userOfPath(userId: string, authenticator: Pick<Authenticator, 'isRequired'>): User {
  if (authenticator.isRequired) {
    throw new ParleyError('forbidden', 'People sign in here: connect to /ws and send the token with hello.');
  }
  const isId = userId.length >= 1 && userId.length <= ID_LENGTH && !/\p{C}/u.test(userId);
  if (!isId || userId.trim() !== userId || RESERVED_IDS.test(userId)) {
    throw new ParleyError('invalid_request', `A user id has 1 to ${ID_LENGTH} visible characters.`, {
      details: { path: 'params.userId' },
    });
  }
  return { id: userId, name: userId, roles: ['member'] };
}

/** A client that asks for subprotocols must offer ours; a client that asks for no subprotocol is taken too. */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | false {
  return offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false;
}
