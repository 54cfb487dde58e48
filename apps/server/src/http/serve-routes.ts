import {
  PATH_PARAMETERS,
  type ParametersOf,
  ROUTES,
  type Route,
  type RouteName,
  type Routes,
  type User,
} from '@parley/shared-models';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Origin } from '../audit/origin.ts';
import type { App } from './create-app.ts';

/** A request, read by the route's schemas. */
export interface RouteRequest<R extends Route = Route> {
  readonly params: Readonly<Record<ParametersOf<R['path']>[number], string>>;
  readonly input: R extends { readonly input: infer Input extends z.ZodType } ? z.output<Input> : undefined;
  /** The caller. @throws Error where the route is public */
  readonly user: User;
  /** The caller and their address. @throws Error where the route is public */
  readonly origin: Origin;
  /** For another status, and for answers that are no JSON. */
  readonly reply: FastifyReply;
}

type Answer<R extends Route> = R extends { readonly answer: infer Answer extends z.ZodType }
  ? z.input<Answer>
  : FastifyReply;
type Handler<R extends Route> = (request: RouteRequest<R>) => Answer<R> | Promise<Answer<R>>;

/** The handler of each route. */
export type RouteHandlers = { readonly [Name in RouteName]: Handler<Routes[Name]> };

/** Gives each route to its handler. */
export function serveRoutes(app: App, handlers: RouteHandlers): void {
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    // The table's type pairs each name with its handler; indexing by a union loses that pairing.
    serve(app, ROUTES[name], handlers[name] as Handler<Route>);
  }
}

function serve(
  app: App,
  { method, path, action, tag, says, input, answer, status = 200, otherStatus }: Route,
  handler: Handler<Route>,
): void {
  const isInQuery = method === 'GET' || method === 'DELETE';
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as keyof typeof PATH_PARAMETERS);
  const statuses = otherStatus === undefined ? [status] : [status, otherStatus];
  app.route({
    method,
    url: path,
    config: { action },
    schema: {
      tags: [tag],
      summary: says,
      ...(names.length === 0
        ? {}
        : { params: z.object(Object.fromEntries(names.map((name) => [name, PATH_PARAMETERS[name]]))) }),
      ...(input === undefined ? {} : { [isInQuery ? 'querystring' : 'body']: input }),
      ...(answer === undefined
        ? {}
        : { response: Object.fromEntries(statuses.map((each) => [each, answer])) }),
    },
    handler(request, reply) {
      reply.status(status);
      return handler({
        params: request.params as Record<string, string>,
        // Undefined where the route takes nothing.
        input: (input === undefined ? undefined : isInQuery ? request.query : request.body) as undefined,
        get user() {
          return request.user;
        },
        get origin() {
          return { user: request.user, remoteAddress: request.ip };
        },
        reply,
      });
    },
  });
}
