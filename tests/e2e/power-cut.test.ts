import { copyFileSync, fstatSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineAgent, startAgent } from '@parley/agent-kit';
import { BrokerConfig, startBroker } from '@parley/broker';
import { openEmbeddedBus } from '@parley/messaging/testing';
import { createLogger, loadConfig } from '@parley/process-kit';
import { ServerConfig, startServer } from '@parley/server';
import { type ChatMessage, newId } from '@parley/shared-models';
import { openSqliteStore } from '@parley/store/testing';
import { createSeededRandom, type SeededRandom } from '../faults/seeded-random.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const FILES = ['parley.sqlite', 'queue.sqlite'] as const;
const logger = createLogger('power-cut', 'silent');

/** SQLite writes a log of 1,000 pages back into its file. */
const CHECKPOINT_BYTES = 1000 * 4096;

/** How much of each file's log is on the disk for certain, by the file. */
type Synced = Map<(typeof FILES)[number], number>;

const echo = defineAgent({ name: 'Echo', onMessage: ({ text }) => text });

/** Server, broker and agent on the embedded queue and SQLite, all in this process. */
async function startAll(
  dataDir: string,
  syncLog?: (file: (typeof FILES)[number], log: number) => Promise<void>,
) {
  const syncing = (file: (typeof FILES)[number]) =>
    syncLog === undefined ? {} : { syncLog: (log: number) => syncLog(file, log) };
  const store = openSqliteStore({ dataDir, logger, ...syncing('parley.sqlite') });
  const bus = await openEmbeddedBus({ dataDir, logger, ...syncing('queue.sqlite') });
  const config = loadConfig(ServerConfig, {
    PORT: '0',
    GRPC_PORT: '0',
    DATA_DIR: dataDir,
    RATE_LIMIT: 'off',
  });
  const server = await startServer(config, { store, bus, logger });
  const grpcUrl = `127.0.0.1:${server.grpcPort}`;
  const broker = startBroker(loadConfig(BrokerConfig, { GRPC_URL: grpcUrl, DATA_DIR: dataDir }), {
    bus,
    logger,
  });
  const agent = startAgent({ definition: echo, id: 'echo', bus, grpcUrl, logger });
  return {
    webSocketUrl: `${server.url.replace('http', 'ws')}/ws`,
    async stop() {
      for (const each of [agent, broker, server]) await each.stop();
      await bus.close();
      await store.close();
    },
  };
}

describe('a power cut of the machine on which everything runs', () => {
  const folders: string[] = [];
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const makeFolder = (): string => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-power-cut-'));
    folders.push(folder);
    return folder;
  };

  it.each([1, 3, 5, 7, 11, 12])(
    'undoes nothing that was acknowledged or shown, and every message comes to its end, seed %d',
    async (seed) => {
      // Each for itself: how many syncs there are is a matter of timing.
      const chosen = createSeededRandom(seed);
      const slowness = createSeededRandom(seed + 1000);
      const synced: Synced = new Map();
      const folder = makeFolder();
      const before = await startAll(folder, async (file, log) => {
        const { size } = fstatSync(log);
        // The store may be far ahead of the queue.
        await delay(slowness.integer(0, file === 'queue.sqlite' ? 100 : 10));
        synced.set(file, Math.max(synced.get(file) ?? 0, size));
      });
      stops.push(before.stop);
      const client = await connectRaw(before.webSocketUrl);
      stops.push(async () => client.terminate());
      await client.received('agents', ({ agents }) => agents.some(({ state }) => state === 'online'));
      const conversations = [newId(), newId(), newId()];
      const enough = chosen.integer(1, 60);
      for (let index = 0; index < 40; index++) {
        const conversationId = conversations[index % conversations.length];
        // Addressed, so that it waits for the agent while that is starting again.
        sendText(client, `message ${index}`, { conversationId, target: { agentId: 'echo' } });
      }
      let states = 0;
      await client.received('message.status', () => ++states >= enough);
      const left = cut(folder, makeFolder(), synced, chosen);
      const told = { acks: framesOf(client, 'ack'), messages: framesOf(client, 'message') };

      const after = await startAll(left);
      stops.push(after.stop);
      const reader = await connectRaw(after.webSocketUrl);
      stops.push(async () => reader.terminate());
      for (const conversationId of new Set(told.acks.map((ack) => ack.conversationId)))
        reader.send({ type: 'conversation.open', conversationId, afterSeq: 0 });
      const messages = (): ChatMessage[] => framesOf(reader, 'message').map(({ message }) => message);
      for (const { id, seq } of told.acks) {
        const { message } = await reader.received('message', (frame) => frame.message.inReplyTo === id);
        expect(message).toMatchObject({ kind: 'REPLY' });
        expect(messages().filter((shown) => shown.id === id)).toMatchObject([{ seq }]);
      }
      // What is answered a second time is answered before these: the agent takes one after the other.
      for (const conversationId of conversations) {
        const last = sendText(reader, 'the last', { conversationId, target: { agentId: 'echo' } });
        await reader.received('message', (frame) => frame.message.inReplyTo === last);
      }
      const shown = messages();
      for (const { message } of told.messages)
        expect(shown.find(({ id }) => id === message.id)).toMatchObject({
          seq: message.seq,
          text: message.text,
        });
      const answers = shown.flatMap(({ inReplyTo }) => inReplyTo ?? []);
      expect(new Set(answers).size).toBe(answers.length);
    },
    60_000,
  );
});

type FrameOf<T extends string> = Extract<RawClient['frames'][number], { type: T }>;

const framesOf = <T extends RawClient['frames'][number]['type']>(client: RawClient, type: T): FrameOf<T>[] =>
  client.frames.filter((frame): frame is FrameOf<T> => frame.type === type);

/** What the disk may hold after a power cut now: all that was synced, and of what was written after that any first part. */
function cut(from: string, to: string, synced: Synced, random: SeededRandom): string {
  for (const file of FILES) {
    copyFileSync(path.join(from, file), path.join(to, file));
    // A log that is begun anew, after a checkpoint, has its newest frames at its beginning.
    expect(statSync(path.join(from, `${file}-wal`)).size).toBeLessThan(CHECKPOINT_BYTES);
    const [log, copy] = [path.join(from, `${file}-wal`), path.join(to, `${file}-wal`)];
    copyFileSync(log, copy);
    const [least, most] = [synced.get(file) ?? 0, statSync(log).size];
    truncateSync(copy, random.pick([least, random.integer(least, most), most]));
  }
  return to;
}
