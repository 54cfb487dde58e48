import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** What is left of a request that was answered before it was complete may come within this time, in milliseconds. */
const REST_MS = 1000;

/**
 * Ends the connection of a request that was answered early (refused by 401, 403, 413, …) and goes on sending its body. Not at
 * once: a client that has sent most of it would see a broken connection instead of the answer.
 */
export function registerUnreadBodies(app: FastifyInstance): void {
  app.addHook('onResponse', async ({ raw }) => {
    const { socket } = raw;
    // Requests of `inject` have no connection.
    if (raw.complete || !(socket instanceof Socket) || socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), REST_MS);
    const stop = (): void => {
      clearTimeout(timer);
      socket.off('close', stop);
      raw.off('end', stop);
    };
    raw.once('end', stop);
    socket.once('close', stop);
  });
}
