import { ParleyError, type User } from '@parley/shared-models';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from '../users/authenticator.ts';
import { type Action, authorize } from '../users/permissions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Only for routes whose action is not `public`. */
    readonly user: User;
  }
  interface FastifyContextConfig {
    /** What the route does, as in the table of permissions; `public`: for everybody, without signing in. */
    readonly action?: Action | 'public';
  }
}

/** The libraries that serve the reference and the web app register routes of their own, for everybody. */
const PAGES_OF_OTHERS = /^\/(?:docs(?:\/|$)|\*$)/;

/**
 * Makes every route say what it does, and lets in only who may do that: `Authorization: Bearer <token>`.
 * Registering a route without an action throws, so that none can be forgotten.
 */
export function registerAuthorization(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('user', {
    getter(this: FastifyRequest): User {
      const user = users.get(this);
      if (user === undefined) throw new Error(`${this.url} is public: nobody has signed in`);
      return user;
    },
  });
  const users = new WeakMap<FastifyRequest, User>();

  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.action === undefined && !PAGES_OF_OTHERS.test(url))
      throw new Error(`the route ${String(method)} ${url} does not say which action it is`);
  });

  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { action = 'public' } = request.routeOptions.config;
    if (action === 'public') return;
    const { user } = await authenticator.signIn(bearerToken(request));
    authorize(user, action);
    users.set(request, user);
  });
}

function bearerToken({ headers }: FastifyRequest): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new ParleyError('unauthenticated', 'Send "Authorization: Bearer <token>".');
  return token;
}
