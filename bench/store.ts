import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { newId, type RoutingDecision } from '@parley/shared-models';
import { openStore, type Store } from '@parley/store';
import { createPostgresSchema, reply, route, speaker, submit } from '@parley/store/testing';

/**
 * How many messages a second the store takes through their life: submitted, routed, replied. So many messages are under
 * way at any time. In SQLite, or in a schema of its own in the PostgreSQL that DATABASE_URL names.
 *
 *   node bench/store.ts [--postgres] [--messages 20000] [--in-flight 256] [--conversations 64] [--text 200]
 */
const { values } = parseArgs({
  options: {
    postgres: { type: 'boolean', default: false },
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

const steps: Readonly<Record<string, Step>> = {
  submitted: (store, id, index) =>
    submit(store, {
      ownerId: 'local',
      message: {
        id,
        conversationId: conversationOf(index),
        kind: 'TEXT',
        sender: { kind: 'user', id: 'local', name: 'You' },
        text,
        createdAt: new Date().toISOString(),
      },
    }),
  routed: (store, requestId) =>
    route(store, {
      requestId,
      attempt: 0,
      decision,
      hops: [hop('server'), hop('broker'), hop('server')],
      chosen: { group: 'echo', holdsSession: false, sessionTtlMs: 1_800_000 },
    }),
  replied: (store, requestId, index) =>
    reply(store, {
      requestId,
      from: speaker('echo'),
      hops: [hop('server'), hop('broker'), hop('server'), hop('agent:echo'), hop('broker'), hop('server')],
      reply: {
        id: newId(),
        conversationId: conversationOf(index),
        kind: 'REPLY',
        sender: { kind: 'agent', id: 'echo', name: 'Echo' },
        text,
        inReplyTo: requestId,
        createdAt: new Date().toISOString(),
      },
    }),
};

/** What a step took over all chunks. */
interface Reading {
  seconds: number;
  microseconds: number;
  calls: number;
  readonly latencies: number[];
}

/** Keeps `inFlight` calls under way until the step was done for each of these messages. */
async function measure(
  reading: Reading,
  store: Store,
  step: Step,
  indexes: readonly number[],
): Promise<void> {
  const started = performance.now();
  const processor = process.cpuUsage();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = indexes[next++]; index !== undefined; index = indexes[next++]) {
      const begun = performance.now();
      await step(store, messageIds[index] ?? '', index);
      reading.latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const { user, system } = process.cpuUsage(processor);
  reading.seconds += (performance.now() - started) / 1000;
  reading.microseconds += user + system;
  reading.calls += indexes.length;
}

function print(name: string, { seconds, microseconds, calls, latencies }: Reading): void {
  latencies.sort((a, b) => a - b);
  const median = latencies[Math.floor(latencies.length / 2)] ?? 0;
  const rate = Math.round(calls / seconds)
    .toString()
    .padStart(7);
  console.log(
    `${name.padEnd(16)}${rate}/s  p50 ${median.toFixed(1)} ms  ${(microseconds / calls).toFixed(1)} µs of this process each`,
  );
}

/** The server's own steps go on while others wait, so that each chunk passes through them all before the next. */
const CHUNK = 2000;

async function run(store: Store): Promise<void> {
  console.log(`${store.kind}: ${total} messages of ${text.length} characters, ${inFlight} under way`);
  const readings = new Map(
    Object.keys(steps).map((name) => [
      name,
      { seconds: 0, microseconds: 0, calls: 0, latencies: [] as number[] },
    ]),
  );
  for (let begin = 0; begin < total; begin += CHUNK) {
    const indexes = messageIds.slice(begin, begin + CHUNK).map((_, index) => begin + index);
    for (const [name, step] of Object.entries(steps)) {
      const reading = readings.get(name);
      if (reading !== undefined) await measure(reading, store, step, indexes);
    }
  }
  for (const [name, reading] of readings) print(name, reading);
  const microseconds = [...readings.values()].reduce((sum, reading) => sum + reading.microseconds, 0);
  console.log(`${(microseconds / total).toFixed(1)} µs of this process for the life of a message`);
  await store.close();
}

if (values.postgres) {
  const schema = await createPostgresSchema();
  try {
    await run(await openStore({ databaseUrl: schema.databaseUrl, dataDir: '' }));
  } finally {
    await schema.remove();
  }
} else {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'parley-bench-'));
  try {
    await run(await openStore({ dataDir }));
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}
