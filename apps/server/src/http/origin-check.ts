import { isIP } from 'node:net';
import { ParleyError } from '@parley/shared-models';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback, type ServerConfig } from '../config.ts';

/**
 * Keeps other web sites out of a server that trusts everybody who reaches it. A browser says in `Origin` which site
 * asks: only our own and the allowed ones may open a WebSocket or change anything. The name in `Host` must be one
 * that a site cannot point at this machine (DNS rebinding), or the site would be our own: see `isTrustedName`.
 */
export function registerOriginCheck(app: FastifyInstance, config: ServerConfig): void {
  const allowedNames = new Set(
    config.ALLOWED_ORIGINS.flatMap((url) => (URL.canParse(url) ? new URL(url).hostname : [])),
  );
  const isForThisMachine = isLoopback(config.HOST);
  const isTrustedName = (name: string): boolean => {
    if (isLoopback(name) || name === config.HOST || allowedNames.has(name)) return true;
    // Others reach a server that is open by its address, or by a name that no public DNS has: neither can be rebound.
    return !isForThisMachine && (isIP(name) !== 0 || (name !== '' && !name.includes('.')));
  };

  app.addHook('onRequest', async (request) => {
    const name = hostName(request);
    if (!isTrustedName(name)) {
      throw new ParleyError(
        'forbidden',
        isForThisMachine
          ? 'This server is only for this machine: call it by localhost or 127.0.0.1.'
          : `This server does not go by the name "${name}": call it by its address, or add the origin to ALLOWED_ORIGINS.`,
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

/** Without port and brackets, in lower case. */
function hostName(request: FastifyRequest): string {
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
