import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { collectDeliveries, eventually } from '../conformance/deliveries.ts';
import { envelopeOf } from '../conformance/envelopes.ts';
import type { MessageBus, PublishOptions } from '../message-bus.ts';
import { type BusFolder, makeBusFolder } from './bus-folder.ts';
import { openBusOn } from './embedded-bus.ts';
import { itemsOf } from './envelope-rows.ts';
import { openQueueDatabase } from './queue-database.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;

describe('embedded queue, a power cut', () => {
  let folder: BusFolder;
  let database: DatabaseSync;
  let bus: MessageBus;
  beforeEach(async () => {
    folder = await makeBusFolder();
    database = await openQueueDatabase(folder.dataDir, 1_000);
    bus = await openBusOn(database, { dataDir: folder.dataDir, logger: silentLogger });
  });
  afterEach(async () => {
    await bus.close();
    await folder.remove();
  });

  /** 2: the last transaction waited for the disk, 1: it did not. */
  const synchronous = (): unknown => database.prepare('PRAGMA synchronous').get()?.synchronous;
  const isEmpty = (): Promise<void> =>
    eventually(async () => {
      for (const { ready, unacknowledged } of await bus.depths()) expect(ready + unacknowledged).toBe(0);
    });

  it.each<[string, PublishOptions | undefined, number]>([
    ['undoes no publish that comes from outside the queue', undefined, 2],
    ['may undo one that follows from a delivery', { followsDelivery: true }, 1],
  ])('%s', async (_, options, expected) => {
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'), options);
    expect(synchronous()).toBe(expected);
  });

  it('may undo an acknowledgement, but no event', async () => {
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await isEmpty();
    expect(synchronous()).toBe(1);
    await bus.publishEvent('agents', 'made', envelopeOf('x'));
    expect(synchronous()).toBe(2);
  });

  it('leaves a message in one of the queues, whatever part of the log it leaves', async () => {
    await bus.consume(
      BROKER_INPUT_QUEUE,
      ({ envelope }) => bus.publish(SERVER_INPUT_QUEUE, envelope, { followsDelivery: true }),
      { prefetch: 10 },
    );
    const texts = ['a', 'b', 'c'];
    for (const text of texts) await bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text));
    await Promise.all(texts.map((text) => bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));
    await eventually(async () => {
      const depth = (await bus.depths()).find(({ name }) => name === BROKER_INPUT_QUEUE);
      expect(depth).toMatchObject({ ready: 0, unacknowledged: 0 });
    });

    const counts = messagesAfterEachCut();
    expect(counts.at(-1)).toBe(6);
    // Nothing consumes the second queue, so that what is there once is there for good.
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBeGreaterThan(3);
  });

  /** How many different messages are in the file when only so many frames of its log have reached the disk, from none to all. */
  function messagesAfterEachCut(): number[] {
    const place = mkdtempSync(path.join(tmpdir(), 'parley-power-cut-'));
    const [file, cut] = [path.join(folder.dataDir, 'queue.sqlite'), path.join(place, 'queue.sqlite')];
    try {
      const frames = (statSync(`${file}-wal`).size - WAL_HEADER_BYTES) / FRAME_BYTES;
      return Array.from({ length: frames + 1 }, (_, count) => {
        copyFileSync(file, cut);
        copyFileSync(`${file}-wal`, `${cut}-wal`);
        truncateSync(`${cut}-wal`, WAL_HEADER_BYTES + count * FRAME_BYTES);
        return countIn(cut);
      });
    } finally {
      rmSync(place, { recursive: true });
    }
  }

  function countIn(file: string): number {
    const left = new DatabaseSync(file);
    try {
      const hasItems = left.prepare(`SELECT 1 FROM pragma_table_info('messages') WHERE name = 'items'`).get();
      if (hasItems === undefined) return 0;
      const rows = left.prepare('SELECT items, envelopes.* FROM messages JOIN envelopes USING (id)').all();
      const found = rows.flatMap(({ items, ...row }) =>
        itemsOf({ type: row.type, ...row, body: row.body, items: Number(items) }),
      );
      return new Set(found.map((item) => 'envelope' in item && item.envelope.messageId)).size;
    } finally {
      left.close();
    }
  }
});
