import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { newId, type RoutingDecision } from '@parley/shared-models';
import { openStore, type Store } from '../libs/store/src/index.ts';

/**
 * How many messages a second the store takes through their life: accept, markPublished, recordRouting, markDelivered,
 * storeReply; the two marks in batches, as the server does. So many messages are under way at any time.
 *
 *   node bench/store.ts [--messages 20000] [--in-flight 256] [--conversations 64] [--text 200]
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    'in-flight': { type: 'string', default: '256' },
    conversations: { type: 'string', default: '64' },
    text: { type: 'string', default: '200' },
  },
});
const total = Number(values.messages);
const inFlight = Number(values['in-flight']);
const text = 'x'.repeat(Number(values.text));
const conversationIds = Array.from({ length: Number(values.conversations) }, () => newId());
const decision: RoutingDecision = {
  agentId: 'echo',
  agentName: 'Echo',
  strategy: 'least-loaded',
  confidence: 0.5,
  reason: 'The only agent that is online.',
  candidates: [{ agentId: 'echo', agentName: 'Echo', confidence: 0.5 }],
};
const hop = (service: string) => ({ service, at: new Date().toISOString() });

const messageIds = Array.from({ length: total }, () => newId());
const conversationOf = (index: number): string => conversationIds[index % conversationIds.length] ?? newId();

type Step = (store: Store, messageId: string, index: number) => Promise<unknown>;

const accept: Step = (store, id, index) =>
  store.accept({
    ownerId: 'local',
    message: {
      id,
      conversationId: conversationOf(index),
      kind: 'TEXT',
      sender: { kind: 'user', id: 'local', name: 'You' },
      text,
      createdAt: new Date().toISOString(),
    },
  });
const recordRouting: Step = (store, id) =>
  store.recordRouting(id, 0, decision, [hop('server'), hop('broker'), hop('server')]);
const storeReply: Step = (store, id, index) =>
  store.storeReply({
    requestId: id,
    agentId: 'echo',
    hops: [hop('server'), hop('broker'), hop('server'), hop('agent:echo'), hop('broker'), hop('server')],
    reply: {
      id: newId(),
      conversationId: conversationOf(index),
      kind: 'REPLY',
      sender: { kind: 'agent', id: 'echo', name: 'Echo' },
      text,
      inReplyTo: id,
      createdAt: new Date().toISOString(),
    },
  });

/** Keeps `inFlight` calls under way until all messages are through; prints the rate. */
async function measure(name: string, store: Store, step: Step): Promise<void> {
  const started = performance.now();
  const processor = process.cpuUsage();
  let next = 0;
  const latencies: number[] = [];
  const lane = async (): Promise<void> => {
    for (let index = next++; index < total; index = next++) {
      const begun = performance.now();
      await step(store, messageIds[index] ?? '', index);
      latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(processor);
  latencies.sort((a, b) => a - b);
  const median = latencies[Math.floor(latencies.length / 2)] ?? 0;
  console.log(
    `${name.padEnd(16)} ${Math.round(total / seconds)
      .toString()
      .padStart(7)}/s  p50 ${median.toFixed(1)} ms` +
      `  ${((user + system) / total).toFixed(1)} µs of this process each`,
  );
}

const marking =
  (mark: (store: Store, ids: string[]) => Promise<void>): Step =>
  (store, id, index) =>
    // As batched by the server: one call for what one turn brought.
    index % inFlight === 0 ? mark(store, messageIds.slice(index, index + inFlight)) : Promise.resolve(id);

async function run(store: Store): Promise<void> {
  console.log(`${store.kind}: ${total} messages of ${text.length} characters, ${inFlight} under way`);
  await measure('accept', store, accept);
  await measure(
    'markPublished',
    store,
    marking((s, ids) => s.markPublished(ids)),
  );
  await measure('recordRouting', store, recordRouting);
  await measure(
    'markDelivered',
    store,
    marking((s, ids) => s.markDelivered(ids)),
  );
  await measure('storeReply', store, storeReply);
  await store.close();
}

const dataDir = mkdtempSync(path.join(tmpdir(), 'parley-bench-'));
try {
  await run(await openStore({ dataDir }));
} finally {
  rmSync(dataDir, { recursive: true });
}
