import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf } from '../../conformance/envelopes.ts';
import { type BusFolder, makeBusFolder } from '../../testing/bus-folder.ts';
import type { MessageBus } from '../message-bus.ts';
import { itemsOf } from './statements.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;

/** A disk whose syncs take until the test lets them go on. */
function createDisk() {
  let slow: ReturnType<typeof gate> | undefined;
  let asked = Promise.withResolvers<void>();
  return {
    sync: async () => {
      asked.resolve();
      await slow?.opened;
    },
    stop() {
      slow = gate();
      asked = Promise.withResolvers();
    },
    /** Resolves when a sync has begun since it stopped. */
    asked: () => asked.promise,
    goOn: () => slow?.open(),
  };
}

/** Whether it has come to an end by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const first = await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))]);
  return first !== pending;
}

describe('embedded queue, a power cut', () => {
  let folder: BusFolder;
  let disk: ReturnType<typeof createDisk>;
  let bus: MessageBus;
  beforeEach(async () => {
    folder = await makeBusFolder();
    disk = createDisk();
    bus = await folder.open({ syncLog: disk.sync });
  });
  afterEach(async () => {
    disk.goOn();
    await folder.remove();
  });

  it('undoes no publish that comes from outside the queue, once that has resolved', async () => {
    disk.stop();
    const published = bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    await disk.asked();
    expect(await isSettled(published)).toBe(false);
    disk.goOn();
    await published;
  });

  it('may undo a publish that follows from a delivery', async () => {
    disk.stop();
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'), { followsDelivery: true });
  });

  it('undoes no event, once its publish has resolved', async () => {
    disk.stop();
    const published = bus.publishEvent('agents', 'made', envelopeOf('x'));
    await disk.asked();
    expect(await isSettled(published)).toBe(false);
    disk.goOn();
    await published;
  });

  it('may undo a hand-out, and its acknowledgement', async () => {
    disk.stop();
    const published = bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(1);
    await eventually(async () => {
      for (const { ready, unacknowledged } of await bus.depths()) expect(ready + unacknowledged).toBe(0);
    });
    disk.goOn();
    await published;
  });

  it('undoes nothing that was handed to a consumer of durable messages only', async () => {
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10, onlyDurable: true });
    disk.stop();
    const published = bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    await disk.asked();
    await isSettled(published);
    expect(received.all).toEqual([]);
    disk.goOn();
    await Promise.all([published, received.waitFor(1)]);
    disk.stop();
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'), { followsDelivery: true });
    await received.waitFor(2);
  });

  describe('and a disk in trouble', () => {
    let isBroken: boolean;
    const open = async (): Promise<MessageBus> => {
      await bus.close();
      return folder.open({
        syncLog: () => (isBroken ? Promise.reject(new Error('EIO')) : Promise.resolve()),
        publishTimeoutMs: 300,
        downAfterMs: 20,
      });
    };
    const health = (of: MessageBus, state: 'up' | 'down'): Promise<void> =>
      new Promise((resolve) => {
        const stop = of.onHealth((now) => {
          if (now.state !== state) return;
          stop();
          resolve();
        });
      });
    beforeEach(() => {
      isBroken = false;
    });

    it('says that it is down, fails publishes in time, hands out nothing that may be undone, and goes on', async () => {
      const troubled = await open();
      const received = collectDeliveries();
      await troubled.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10, onlyDurable: true });
      isBroken = true;
      const isDown = health(troubled, 'down');
      await expect(troubled.publish(SERVER_INPUT_QUEUE, envelopeOf('x'))).rejects.toMatchObject({
        code: 'bus_unavailable',
      });
      await isDown;
      expect(received.all).toEqual([]);
      isBroken = false;
      const [delivery] = await received.waitFor(1);
      expect(delivery).toMatchObject({ redeliveries: 0 });
      const isUp = health(troubled, 'up');
      await troubled.publish(SERVER_INPUT_QUEUE, envelopeOf('y'));
      await isUp;
    });

    it('begins with nothing more once it is closed, and closes though the disk does not answer', async () => {
      const received = collectDeliveries();
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, {
        prefetch: 10,
        onlyDurable: true,
      });
      disk.stop();
      const published = bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
      await disk.asked();
      await isSettled(published);
      await subscription.close({ timeoutMs: 1 });
      const failing = expect(published).rejects.toMatchObject({ code: 'bus_unavailable' });
      await bus.close();
      disk.goOn();
      await failing;
      expect(received.all).toEqual([]);
      const next = await open();
      await next.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
      expect(await received.waitFor(1)).toMatchObject([{ redeliveries: 1 }]);
    });
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
    // Nothing consumes the second queue, so that a message that is there once is there for good.
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
