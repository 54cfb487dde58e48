import { Readable } from 'node:stream';
import { AuditAction, AuditPage } from '@parley/shared-models';
import type { AuditStore } from '@parley/store';
import { z } from 'zod';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';

const EXPORT_PAGE = 500;

/** `/api/audit`: page by page, newest first, and as JSON lines from the first entry on. */
export function registerAuditRoutes(app: App, { store, logger }: ServerServices): void {
  app.get(
    '/api/audit',
    {
      config: { action: 'audit.read' },
      schema: {
        tags: ['audit'],
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(500).default(100),
          before: z.coerce.number().int().min(1).optional(),
          action: AuditAction.optional(),
          actorId: z.string().max(128).optional(),
          agentId: z.string().max(128).optional(),
          subjectId: z.string().max(128).optional(),
        }),
        response: { 200: AuditPage },
      },
    },
    ({ query }) => store.audit.list(query),
  );

  app.get(
    '/api/audit/head',
    {
      config: { action: 'audit.read' },
      schema: {
        tags: ['audit'],
        response: { 200: z.object({ seq: z.number().int().nonnegative(), hash: z.string() }) },
      },
    },
    () => store.audit.head(),
  );

  app.get(
    '/api/audit/export',
    { config: { action: 'audit.read' }, schema: { tags: ['audit'], produces: ['application/x-ndjson'] } },
    async (_request, reply) => {
      const lines = Readable.from(exportLines(store.audit));
      lines.on('error', (err) => logger.warn({ err }, 'an export of the audit broke off'));
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', 'attachment; filename="parley-audit.jsonl"')
        .send(lines);
    },
  );
}

/** All entries that are there when it begins: what is added meanwhile, by this export too, would never end. */
async function* exportLines(audit: AuditStore): AsyncGenerator<string> {
  const { seq: last } = await audit.head();
  for (let afterSeq = 0; afterSeq < last; ) {
    const entries = await audit.read({ afterSeq, limit: EXPORT_PAGE });
    const wanted = entries.filter(({ seq }) => seq <= last);
    if (wanted.length === 0) return;
    afterSeq = wanted.at(-1)?.seq ?? last;
    yield wanted.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  }
}
