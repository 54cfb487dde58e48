import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { CompiledQuery } from 'kysely';
import { readVersion13 } from '../../../conformance/version-13.ts';
import { MEMORY_VERSIONS } from '../../ports/memory.ts';
import { REMOVABLE } from '../../ports/retention.ts';
import { createRecords } from '../../records/create-records.ts';
import type { Database, Work } from '../../records/database.ts';
import { createDialect, createRunner } from './dialect.ts';
import { openStoreDatabase } from './store-database.ts';

/** Tables and indexes that may be read from one end to the other, since they stay small. */
const SMALL = [
  'agents',
  'audit_head',
  'commands USING INDEX commands_open',
  'json_each VIRTUAL TABLE INDEX 1:',
  'pair',
  'revoked_tokens',
  // Ended periods are removed from it all the time.
  'usage',
];

/** The records on a database that notes how it would look for the rows of each statement. */
function explained(file: DatabaseSync): { database: Database; plans: Map<string, string[]> } {
  const runner = createRunner(file, Date.now);
  const plans = new Map<string, string[]>();
  const note = ({ sql, parameters }: CompiledQuery): void => {
    const steps = runner.one<{ detail: string }>({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters } as never);
    plans.set(
      sql,
      steps.map(({ detail }) => detail),
    );
  };
  const run = <T>(work: Work<T>): T => {
    let step = work.next([]);
    while (step.done !== true) {
      for (const statement of step.value) note(statement);
      step = work.next(step.value.map((statement) => runner.one(statement)));
    }
    return step.value;
  };
  const database: Database = {
    ...createDialect(),
    read: async (work) => run(work()),
    write: async (work) => run(work()),
    change: async (statement) => {
      note(statement);
      return runner.one(statement);
    },
    serially: (work) => async (input) => run(work([input]))[0] as never,
    search: async () => [],
    size: async () => 0,
    clock: Date.now,
  };
  return { database, plans };
}

it('finds the rows of each statement by an index, however many there are', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'parley-plans-'));
  const name = path.join(folder, 'parley.sqlite');
  const before = new DatabaseSync(name);
  before.exec(await readVersion13('sqlite'));
  before.close();
  const file = openStoreDatabase(name);
  // Something of every kind is there, and due; the next event and the next version of a memory are those that remove older ones.
  file.exec(`
    UPDATE requests SET outbox_since = 0, leased_until = NULL;
    UPDATE events SET outbox_since = 0, leased_until = NULL;
    UPDATE sqlite_sequence SET seq = 999 WHERE name = 'events';
    INSERT INTO memory (subject, agent_group, key, version, updated_at) VALUES ('s', 'g', 'k', ${MEMORY_VERSIONS}, 0);`);
  const { database, plans } = explained(file);
  const store = createRecords(database);
  const id = newId();
  const profile = { name: 'Echo', group: 'echo' } as never;
  const lease = { limit: 10, olderThanMs: 0, leaseMs: 1000 };
  const page = { limit: 10, before: id };
  const event = {
    id,
    type: 'x',
    payload: 1,
    source: { kind: 'user', id: 'ada', name: 'Ada' },
    at: '',
  } as never;
  const command = { id, agentId: 'a', agentName: 'A', requestedBy: { id: 'ada', name: 'Ada' } } as never;
  const task = {
    id,
    group: 'g',
    conversationId: id,
    ownerId: 'ada',
    isOpen: true,
    document: '{}',
    view: '{}',
  };
  const address = { group: 'g', subject: 's', key: 'k' };

  await store.takeOutbox(lease);
  await store.renewOutbox();
  await store.listTravelling({ after: '', limit: 10 });
  await store.getMessage(id);
  await store.listMessages(id, { limit: 10 });
  await store.listMessages(id, { limit: 10, beforeSeq: 5 });
  await store.getConversation(id);
  await store.lastSeqs([id]);
  await store.listConversations('ada', { limit: 10 });
  await store.renameConversation(id, 'title');
  await store.transcripts.conversationsOf('ada', { limit: 10 });
  await store.registerAgent('a', profile);
  await store.setAgentState('a', 'online');
  await store.setWantedAgentState('a', 'online');
  await store.findAgentGroup('a');
  await store.removeAgent('a', 1);
  await store.listAgents();
  await store.addDeadLetter({ id, state: 'dead' } as never);
  await store.listDeadLetters({ limit: 10 });
  await store.listDeadLetters({ limit: 10, state: 'dead' });
  await store.getDeadLetter(id);
  await store.setDeadLetterState(id, 'replayed');
  await store.audit.append({
    action: 'agent.pause',
    actor: { kind: 'user', id: 'ada', name: 'Ada' },
  } as never);
  await store.audit.list({ limit: 10 });
  await store.audit.list({ limit: 10, subjectId: 's' });
  await store.audit.list({ limit: 10, action: 'agent.pause' });
  await store.audit.list({ limit: 10, actorId: 'ada' });
  await store.audit.list({ limit: 10, agentId: 'a' });
  await store.audit.read({ afterSeq: 0, limit: 10 });
  await store.commands.add([command], () => undefined);
  await store.commands.apply(id, { do: 'take', instanceId: 'p' });
  await store.commands.addOutput(id, 'a', { seq: 1, stream: 'stdout', data: '' }, { bytes: 9, pieces: 9 });
  await store.commands.list({ limit: 10 });
  await store.commands.list(page);
  await store.commands.list({ ...page, agentId: 'a' });
  await store.commands.list({ ...page, batchId: 'b' });
  await store.commands.list({ limit: 10, state: 'failed' });
  await store.commands.listOpen();
  await store.commands.listOpen('a');
  await store.commands.listOutput(id, { afterSeq: 0, limitBytes: 9 });
  await store.commands.bindProcess({ agentId: 'a', instanceId: 'p', incarnation: 1 });
  await store.commands.processesOf(['a']);
  await store.commands.beat([{ agentId: 'a', incarnation: 1 }]);
  await store.commands.unbindProcess('a', 1);
  await store.events.append({ channel: 'human', event });
  await store.events.takeUnpublished(lease);
  await store.events.markPublished([id]);
  await store.events.get(id);
  await store.events.list({ limit: 10, channel: 'human', types: ['x'] });
  await store.events.list({ limit: 10, correlationId: id });
  await store.events.list({ limit: 10, ownerId: 'ada' });
  await store.events.listThreads({ limit: 10, type: 'x' });
  await store.memory.write({ ...address, value: '1' });
  await store.memory.get(address);
  await store.memory.history(address, { limit: 10 });
  await store.memory.listAbout('s');
  await store.tasks.add(task);
  await store.tasks.get(id);
  await store.tasks.save({ id, document: '{}', view: '{}', isOpen: true, expectedVersion: 1 });
  await store.tasks.claim({ group: 'g', holder: { agentId: 'a', incarnation: 1 }, leaseMs: 1000, limit: 10 });
  await store.tasks.renew({ leases: [{ id, token: 1 }], leaseMs: 1000 });
  await store.tasks.release(id, 1);
  await store.tasks.list({ limit: 10 });
  await store.tasks.list({ ...page, ownerId: 'ada' });
  await store.tasks.listViews({ ...page, ownerId: 'ada', conversationId: id });
  await store.revokedTokens.add('t');
  await store.secrets.getOrCreate('s');
  await store.usage.take({ key: 'k', period: { beganAt: 0, endsAt: 1 }, amount: 1, limit: 1 });
  file.exec(`
    UPDATE requests SET state = 'answered', outbox_since = NULL;
    UPDATE events SET outbox_since = NULL;
    UPDATE commands SET is_open = 0;
    UPDATE tasks SET is_open = 0;`);
  for (const what of REMOVABLE) {
    const { removed } = await store.retention.remove(what, { before: Date.now() + 1000, limit: 10 });
    expect([what, removed > 0]).toEqual([what, true]);
  }
  await store.retention.removeUsage(Date.now());
  file.close();
  await rm(folder, { recursive: true });

  // Deletions only happen where something is due.
  const removed = [...plans.keys()].flatMap((text) => /DELETE FROM "?(\w+)/i.exec(text)?.[1] ?? []);
  expect([...new Set(removed)].toSorted()).toEqual([
    'agent_processes',
    'command_output',
    'commands',
    'events',
    'memory',
    'messages',
    'requests',
    'tasks',
    'usage',
  ]);
  const scans = [...plans].flatMap(([text, steps]) =>
    steps
      .filter((step) => step.startsWith('SCAN ') && !isBounded(text, step, steps))
      .map((step) => `${step}: ${text.replaceAll(/\s+/g, ' ')}`),
  );
  expect(scans).toEqual([]);
});

/** A scan of few rows, or one that ends after as many as it is to find: it leaves out no row and sorts no row. */
function isBounded(text: string, step: string, steps: readonly string[]): boolean {
  if (SMALL.some((name) => step === `SCAN ${name}` || step.startsWith(`SCAN ${name} `))) return true;
  return (
    /\blimit\b/i.test(text) && !/\bwhere\b/i.test(text) && !steps.some((each) => each.includes('TEMP B-TREE'))
  );
}
