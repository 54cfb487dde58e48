import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  type AuditInput,
  type AuditProblem,
  createAuditVerifier,
  FIRST_PREV_HASH,
  newId,
} from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import type { Context } from './store-fixture.ts';

const anEntry = (fields: Partial<AuditInput> = {}): AuditInput => ({
  action: 'agent.pause',
  actor: { kind: 'user', id: 'ada', name: 'Ada' },
  remoteAddress: '127.0.0.1',
  agentId: 'shell',
  result: 'ok',
  ...fields,
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** All that is wrong with the chain in the store. */
async function verify({ audit }: Store): Promise<AuditProblem[]> {
  const verifier = createAuditVerifier(sha256);
  const problems: AuditProblem[] = [];
  for (let afterSeq = 0; ; ) {
    const entries = await audit.read({ afterSeq, limit: 100 });
    if (entries.length === 0) break;
    for (const entry of entries) problems.push(...(await verifier.next(entry)));
    afterSeq = entries.at(-1)?.seq ?? 0;
  }
  expect(verifier.last ?? { seq: 0, hash: FIRST_PREV_HASH }).toEqual(await audit.head());
  return problems;
}

export function describeAudit(context: Context): void {
  describe('the audit', () => {
    it('keeps what is entered to the letter, numbered and chained', async () => {
      const { store } = context;
      const odd = 'NUL \u0000, half a pair \uD83D, "漢", __proto__';
      const details = { [odd]: odd, 10: 1.5, 9: [null, true, { b: 1, a: 2 }] };
      const before = await store.audit.head();
      const entry = await store.audit.append(
        anEntry({ details, actor: { kind: 'agent', id: odd, name: odd } }),
      );
      expect(entry).toMatchObject({ seq: before.seq + 1, prevHash: before.hash, details });
      expect(await store.audit.head()).toEqual({ seq: entry.seq, hash: entry.hash });
      expect(await store.audit.read({ afterSeq: before.seq, limit: 2 })).toEqual([entry]);
      expect(await verify(store)).toEqual([]);
    });

    it('is one sequence, whatever number of processes add to it', async () => {
      const stores = [context.store, await context.open(), await context.open()];
      const before = await context.store.audit.head();
      const entries = await Promise.all(
        Array.from({ length: 60 }, (_, index) => {
          const store = stores[index % 3] ?? context.store;
          return store.audit.append(anEntry({ subjectId: newId() }));
        }),
      );
      const seqs = entries.map(({ seq }) => seq).toSorted((one, other) => one - other);
      expect(seqs).toEqual(Array.from({ length: 60 }, (_, index) => before.seq + 1 + index));
      expect(await verify(context.store)).toEqual([]);
    });

    it('is listed newest first, by who, what and where, page by page', async () => {
      const { audit } = context.store;
      const [agentId, actorId, subjectId] = [newId(), newId(), newId()];
      const actor = { kind: 'user', id: actorId, name: 'Ada' } as const;
      const first = await audit.append(anEntry({ agentId }));
      const second = await audit.append(anEntry({ agentId, actor, action: 'agent.resume' }));
      const third = await audit.append(anEntry({ subjectId, actor }));
      const seqs = async (query: Partial<Parameters<typeof audit.list>[0]>) =>
        (await audit.list({ limit: 10, ...query })).entries.map(({ seq }) => seq);
      expect(await seqs({ limit: 3 })).toEqual([third.seq, second.seq, first.seq]);
      expect(await seqs({ agentId })).toEqual([second.seq, first.seq]);
      expect(await seqs({ actorId })).toEqual([third.seq, second.seq]);
      expect(await seqs({ subjectId })).toEqual([third.seq]);
      expect(await seqs({ actorId, action: 'agent.resume' })).toEqual([second.seq]);
      expect(await seqs({ agentId, before: second.seq })).toEqual([first.seq]);
      expect(await audit.list({ agentId, limit: 1 })).toMatchObject({ hasMore: true });
      expect(await audit.list({ agentId, limit: 2 })).toMatchObject({ hasMore: false });
    });

    it('has no entry of a change that was refused', async () => {
      const { audit, commands } = context.store;
      const before = await audit.head();
      await commands.apply(newId(), { do: 'expire', reason: 'x' }, () => anEntry());
      expect(await audit.head()).toEqual(before);
    });
  });
}
