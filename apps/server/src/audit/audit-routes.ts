import { Readable } from 'node:stream';
import type { AuditStore } from '@parley/store';
import type { RouteHandlers } from '../http/serve-routes.ts';
import type { ServerServices } from '../server-services.ts';

const EXPORT_PAGE = 500;

export function auditRoutes({ store, logger }: ServerServices) {
  return {
    audit: ({ input }) => store.audit.list(input),
    auditHead: () => store.audit.head(),
    async exportAudit({ reply }) {
      const lines = Readable.from(exportLines(store.audit));
      lines.on('error', (err) => logger.warn({ err }, 'an export of the audit broke off'));
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', 'attachment; filename="parley-audit.jsonl"')
        .send(lines);
    },
  } satisfies Partial<RouteHandlers>;
}

/** All entries that exist when it begins: with those added meanwhile, also by this export, it would never end. */
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
