import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import { ParleyError } from '@parley/shared-models';
import type { FastifyRequest } from 'fastify';
import type { ServerServices } from '../../server-services.ts';
import { VERSION } from '../../version.ts';
import type { App } from '../create-app.ts';

/** Serves the built web app, and to programs, at `GET /`, a description of this server. */
export async function registerWebApp(
  app: App,
  { config, bus, logger, authenticator, localAccess }: ServerServices,
): Promise<void> {
  const hasWebApp = existsSync(path.join(config.WEB_DIST, 'index.html'));
  if (hasWebApp) {
    await app.register(fastifyStatic, {
      root: config.WEB_DIST,
      index: false,
      cacheControl: false,
      // The build puts `x.br` and `x.gz` beside `x`.
      preCompressed: true,
      // Built files carry a hash in their names; index.html and the files that it names directly do not.
      setHeaders(reply, file) {
        const isHashed = path.relative(config.WEB_DIST, file).startsWith(`assets${path.sep}`);
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  } else logger.warn('the web app is not built: only the interfaces are served');

  const info = {
    name: 'Parley',
    version: VERSION,
    webSocket: '/ws',
    documentation: '/docs',
    queue: bus.kind,
    /**
     * `token`: people must show one; `account`: the account that runs it is the local user, others show the access token;
     * `none`: everybody who reaches it is the local user.
     */
    signIn: authenticator.isRequired ? 'token' : localAccess === undefined ? 'none' : 'account',
  };
  app.get('/', { config: { action: 'public' }, schema: { hide: true } }, (request, reply) => {
    if (hasWebApp && wantsPage(request)) return reply.sendFile('index.html');
    return reply.send(info);
  });

  // A path that is no file and no route is a page of the web app: it has its own routes.
  app.setNotFoundHandler((request, reply) => {
    if (hasWebApp && request.method === 'GET' && wantsPage(request) && !request.url.startsWith('/api/')) {
      return reply.sendFile('index.html');
    }
    throw new ParleyError('not_found', `There is no ${request.method} ${request.url}.`);
  });
}

function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}
