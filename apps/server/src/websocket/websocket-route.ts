import { CLOSE_CODES, SUBPROTOCOL } from '@parley/shared-models';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { createConnectionLimits } from '../connections/connection-limits.ts';
import { limitSockets } from '../connections/limit-sockets.ts';
import { callerOf, signIn } from '../http/authorization.ts';
import type { ServerServices } from '../server-services.ts';
import { type Connection, serveConnection, type Transport } from './connection.ts';
import { tellAgents } from './tell-agents.ts';
import { serveUserSocket } from './user-socket/serve-user-socket.ts';
import { userOfPath } from './user-socket/user-of-path.ts';

/** All WebSockets of this server. */
export interface Connections {
  readonly count: number;
  /**
   * Finishes the frames in hand, at most `timeoutMs`, then closes each with the code that means "connect again and
   * resume".
   */
  drain(timeoutMs: number): Promise<void>;
}

/** `GET /ws`, where `hello` says who is there, and `GET /ws/:userId`. */
export function registerWebSocketRoute(app: FastifyInstance, services: ServerServices): Connections {
  const connections = new Set<Connection>();
  let isDraining = false;
  const { config } = services;
  const admissionOf = limitSockets(
    app,
    createConnectionLimits(config.CONNECTIONS_PER_ADDRESS),
    config.TRUST_PROXY,
  );
  const users = createConnectionLimits(config.CONNECTIONS_PER_USER);

  /** Serves it, where there is room. */
  const open = (
    socket: WebSocket,
    request: FastifyRequest,
    serve: (transport: Transport, onEnd: () => void) => Connection,
  ): void => {
    if (isDraining) {
      socket.close(CLOSE_CODES.goingAway, 'going away');
      return;
    }
    const admission = admissionOf(request, () => socket.terminate());
    if (admission === undefined) {
      socket.close(CLOSE_CODES.tooManyConnections, 'too many connections from this address');
      return;
    }
    const { ip, raw } = request;
    const admitUser = (userId: string, evict: () => void) => users.admit(`user ${userId}`, evict);
    const transport = {
      socket,
      tcp: raw.socket,
      remoteAddress: ip,
      caller: callerOf(request),
      admission,
      admitUser,
    };
    const connection = serve(transport, () => connections.delete(connection));
    connections.add(connection);
  };

  app.get(
    '/ws',
    { websocket: true, config: { action: 'public' }, schema: { hide: true } },
    (socket, request) =>
      open(socket, request, (transport, onEnd) => serveConnection(transport, services, onEnd)),
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
    },
    (socket, request) => {
      const user = userOfPath(userIdOf(request), services.authenticator);
      open(socket, request, (transport, onEnd) => serveUserSocket(transport, user, services, onEnd));
    },
  );

  const stopTelling = tellAgents(services.agents, connections);
  app.addHook('onClose', async () => {
    stopTelling();
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
          connection.close(CLOSE_CODES.goingAway, 'the server is going away: connect again and resume');
        }),
      );
    },
  };
}

const userIdOf = (request: FastifyRequest): string => (request.params as { userId: string }).userId;

/** A client that asks for subprotocols must offer ours; one that asks for none is taken too. */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | false {
  return offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false;
}
