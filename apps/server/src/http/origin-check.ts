import { ParleyError } from '@parley/shared-models';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServerConfig } from '../config.ts';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Keeps other web sites out of a server that trusts who reaches it. A browser says in `Origin` which site asks: only
 * our own and the allowed ones may open a WebSocket or change anything. On loopback the name in `Host` must be a
 * loopback name too, otherwise a site could point its own name at 127.0.0.1 (DNS rebinding).
 */
export function registerOriginCheck(app: FastifyInstance, config: ServerConfig): void {
  const isLoopback =
    LOOPBACK_NAMES.has(config.HOST) || config.HOST.startsWith('127.') || config.HOST === '::1';
  app.addHook('onRequest', async (request) => {
    if (isLoopback && !LOOPBACK_NAMES.has(hostName(request))) {
      throw new ParleyError(
        'forbidden',
        'This server is only for this machine: call it by localhost or 127.0.0.1.',
      );
    }
    const { origin } = request.headers;
    if (origin === undefined || isReadOnly(request)) return;
    if (origin === `${request.protocol}://${request.host}` || config.ALLOWED_ORIGINS.includes(origin)) return;
    throw new ParleyError('forbidden', `The origin ${origin} is not allowed.`);
  });
}

/** Without CORS headers a foreign site cannot read the answer of a GET, but a WebSocket it could. */
function isReadOnly(request: FastifyRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && request.headers.upgrade === undefined;
}

function hostName(request: FastifyRequest): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}
