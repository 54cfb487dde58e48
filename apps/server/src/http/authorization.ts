import { Socket } from 'node:net';
import { type Action, ParleyError, reportOf, type User } from '@parley/shared-models';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../audit/audit-log.ts';
import { refusedSignIn } from '../audit/refusals.ts';
import type { UserLimits } from '../limits/user-limits.ts';
import type { Authenticator } from '../users/authenticator.ts';
import type { Caller } from '../users/local-access.ts';
import { authorizeEntered } from '../users/permissions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller. Only for routes whose action is not `public`. */
    readonly user: User;
  }
  interface FastifyContextConfig {
    /** The route's action, as in the table of permissions; `public`: for everybody, without signing in. */
    readonly action?: Action | 'public';
  }
}

/** The libraries that serve the reference and the web app register routes of their own, for everybody. */
const PAGES_OF_OTHERS = /^\/(?:docs(?:\/|$)|\*$)/;

/**
 * Makes every route name its action, and lets in only callers that may do it: `Authorization: Bearer <token>`.
 * Registering a route without an action throws, so that no action can be forgotten.
 */
export function registerAuthorization(
  app: FastifyInstance,
  authenticator: Authenticator,
  audit?: AuditLog,
  userLimits?: UserLimits,
): void {
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
    const user = await signIn(request, authenticator, audit);
    const origin = { user, remoteAddress: request.ip };
    userLimits?.count(origin);
    authorizeEntered(action, origin, audit);
    users.set(request, user);
  });
}

/** The caller, by the token of the request and by its connection. @throws ParleyError as `Authenticator.signIn` */
export async function signIn(
  request: FastifyRequest,
  authenticator: Authenticator,
  audit: AuditLog | undefined,
): Promise<User> {
  try {
    return (await authenticator.signIn(bearerToken(request), callerOf(request))).user;
  } catch (error) {
    const report = reportOf(error);
    if (report.code === 'unauthenticated') audit?.enterRefusal(refusedSignIn(report, request.ip));
    throw error;
  }
}

/** Headers that proxies add to the requests that they hand on. */
const HANDED_ON = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/** The connection of a request, where its opener is the caller: the account of a proxy says nothing about the caller. */
export function callerOf({ raw, headers }: FastifyRequest): Caller {
  if (HANDED_ON.some((name) => headers[name] !== undefined)) return undefined;
  // A request by `inject` comes from this process and has no connection.
  return raw.socket instanceof Socket ? raw.socket : 'itself';
}

const TokenInAddress = z.object({ token: z.string().max(8192).optional().catch(undefined) });

function bearerToken({ headers, query }: FastifyRequest): string | undefined {
  const { authorization, upgrade } = headers;
  // A page in a browser can give headers to no WebSocket.
  if (authorization === undefined)
    return upgrade === undefined ? undefined : TokenInAddress.parse(query).token;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new ParleyError('unauthenticated', 'Send "Authorization: Bearer <token>".');
  return token;
}
