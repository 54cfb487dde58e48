import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { aReply, aSubmission } from '@parley/requests/testing';
import { createAuditVerifier } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { reply, submit } from '../testing/apply.ts';

/** A database as version 13 has left it, with something of every kind in it, as SQL. */
export const readVersion13 = (kind: Store['kind']): Promise<string> =>
  readFile(path.join(import.meta.dirname, 'version-13', `${kind}.sql`), 'utf8');

const id = (end: string): string => `0190aaaa-0000-7000-8000-${end.padStart(12, '0')}`;

/** All that version 13 has stored is there, and goes on. */
export async function expectVersion13(store: Store): Promise<void> {
  expect(await store.getConversation(id('c1'))).toMatchObject({
    title: 'Budget',
    ownerId: 'ada',
    lastSeq: 2,
  });
  expect(await store.listMessages(id('c1'), { limit: 10 })).toMatchObject({
    messages: [
      { text: 'what is the budget? 🦊', seq: 1 },
      { text: 'Forty-two.', inReplyTo: id('1') },
    ],
    statuses: [{ messageId: id('1'), status: 'answered' }],
  });
  expect(await store.listConversations('ada', { limit: 10, search: 'FORTY' })).toMatchObject([
    { id: id('c1') },
  ]);
  expect(await store.takeOutbox({ limit: 10, olderThanMs: 0, leaseMs: 1000 })).toMatchObject([
    { message: { id: id('3') }, attempt: 0 },
  ]);
  expect(await store.listTravelling({ after: '', limit: 10 })).toMatchObject([
    { messageId: id('4'), agentId: 'finance' },
  ]);
  const waiting = { id: id('4'), conversationId: id('c3') };
  expect(await reply(store, aReply(waiting))).toMatchObject({ outcome: 'done', message: { seq: 2 } });
  const again = await submit(store, aSubmission({ conversationId: id('c1') }));
  expect(again.message?.seq).toBe(3);

  expect(await store.listAgents()).toMatchObject([
    { agentId: 'finance', incarnation: 2, wanted: 'paused', state: 'online' },
  ]);
  expect(await store.findAgentGroup('gone')).toEqual({ group: 'gone', isRemoved: true });
  expect(await store.getDeadLetter(id('d'))).toMatchObject({ state: 'dead' });

  const address = { group: 'finance', subject: 'ada', key: 'likes' };
  expect(await store.memory.history(address, { limit: 10 })).toMatchObject([
    { value: '"coffee"', version: 2, writeId: 'w2' },
    { value: '"tea"', version: 1 },
  ]);
  expect(await store.memory.write({ ...address, value: '"water"', expectedVersion: 2 })).toMatchObject({
    version: 3,
  });

  const [thread] = await store.events.listThreads({ type: 'ask', ownerId: 'ada', limit: 10 });
  expect(thread?.events.map(({ event }) => event.id)).toEqual([id('e1'), id('e2')]);
  expect(await store.events.takeUnpublished({ limit: 10, olderThanMs: 0, leaseMs: 1000 })).toMatchObject([
    { event: { id: id('e2') } },
  ]);

  expect(await store.commands.listOpen()).toMatchObject([{ record: { id: id('f1'), state: 'running' } }]);
  expect((await store.commands.list({ limit: 10 })).commands).toMatchObject([
    { id: id('f2'), state: 'failed' },
    { id: id('f1') },
  ]);
  expect(await store.commands.listOutput(id('f1'), { afterSeq: 0, limitBytes: 100 })).toEqual({
    pieces: [{ seq: 1, stream: 'stdout', data: 'a\u0000b' }],
    hasMore: false,
  });
  expect(await store.commands.processesOf(['shell'])).toMatchObject([{ instanceId: 'p1', incarnation: 1 }]);
  const actor = { kind: 'user', id: 'ada', name: 'Ada' } as const;
  await store.audit.append({ action: 'agent.pause', actor, result: 'ok' });
  const entries = await store.audit.read({ afterSeq: 0, limit: 10 });
  const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
  for (const entry of entries) expect(await verifier.next(entry)).toEqual([]);
  expect(entries).toHaveLength(4);

  expect(await store.tasks.listViews({ ownerId: 'ada', limit: 10 })).toMatchObject([
    { id: id('a2'), view: '{}' },
    { id: id('a1'), view: '{}' },
  ]);
  const holder = { agentId: 'planner-1', incarnation: 2 };
  expect(await store.tasks.claim({ group: 'planner', holder, leaseMs: 1000, limit: 10 })).toMatchObject([
    { id: id('a1'), token: 2, document: '{"step":1}' },
  ]);
  expect(await store.revokedTokens.list()).toEqual(['token-1']);
  expect(await store.secrets.getOrCreate('signing')).toHaveLength(43);
  const period = { beganAt: 60_000, endsAt: 120_000 };
  expect(await store.usage.take({ key: 'ada messages', period, amount: 100, limit: 100 })).toBe(70);
  const page = { before: Date.now() + 60_000, limit: 10 };
  expect((await store.retention.remove('tasks', page)).removed).toBe(1);
}
