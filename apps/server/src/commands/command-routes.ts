import {
  AgentId,
  CommandOutputPage,
  CommandPage,
  CommandRecord,
  CommandRequestBody,
  CommandState,
  Id,
  newId,
  StartedCommands,
} from '@parley/shared-models';
import { z } from 'zod';
import type { App } from '../http/create-app.ts';
import { commandBytes } from '../limits/user-limits.ts';
import type { ServerServices } from '../server-services.ts';

const Parameters = z.object({ id: Id });
/** One answer of `/output`. */
const OUTPUT_PAGE_BYTES = 256 * 1024;

/** `/api/commands`. */
export function registerCommandRoutes(app: App, { store, commandService, userLimits }: ServerServices): void {
  const { operators } = commandService;
  const { commands } = store;
  const tags = ['commands'];

  app.post(
    '/api/commands',
    {
      config: { action: 'commands.run' },
      schema: {
        tags,
        body: CommandRequestBody,
        response: { 202: StartedCommands },
      },
    },
    async ({ body, user, ip }, reply) => {
      const origin = { user, remoteAddress: ip };
      await userLimits.charge(origin, commandBytes(body));
      const started = await operators.run({ ...body, id: body.id ?? newId() }, origin);
      return reply.status(202).send(started);
    },
  );

  app.get(
    '/api/commands',
    {
      config: { action: 'commands.read' },
      schema: {
        tags,
        querystring: z.object({
          agentId: AgentId.optional(),
          batchId: Id.optional(),
          state: CommandState.optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
          before: Id.optional(),
        }),
        response: { 200: CommandPage },
      },
    },
    ({ query }) => commands.list(query),
  );

  app.get(
    '/api/commands/:id',
    {
      config: { action: 'commands.read' },
      schema: { tags, params: Parameters, response: { 200: CommandRecord } },
    },
    ({ params }) => operators.require(params.id),
  );

  app.get(
    '/api/commands/:id/output',
    {
      config: { action: 'commands.read' },
      schema: {
        tags,
        params: Parameters,
        querystring: z.object({ afterSeq: z.coerce.number().int().min(0).default(0) }),
        response: { 200: CommandOutputPage },
      },
    },
    async ({ params, query }) => {
      await operators.require(params.id);
      return commands.listOutput(params.id, { afterSeq: query.afterSeq, limitBytes: OUTPUT_PAGE_BYTES });
    },
  );

  app.post(
    '/api/commands/:id/cancel',
    {
      config: { action: 'commands.run' },
      schema: { tags, params: Parameters, response: { 200: CommandRecord } },
    },
    ({ params, user, ip }) => operators.cancel(params.id, { user, remoteAddress: ip }),
  );

  app.post(
    '/api/commands/:id/approve',
    {
      config: { action: 'commands.approve' },
      schema: { tags, params: Parameters, response: { 200: CommandRecord } },
    },
    ({ params, user, ip }) => operators.approve(params.id, { user, remoteAddress: ip }),
  );

  app.post(
    '/api/commands/:id/reject',
    {
      config: { action: 'commands.approve' },
      schema: {
        tags,
        params: Parameters,
        body: z.object({ reason: z.string().max(500).optional() }).nullish(),
        response: { 200: CommandRecord },
      },
    },
    ({ params, body, user, ip }) => operators.reject(params.id, body?.reason, { user, remoteAddress: ip }),
  );
}
