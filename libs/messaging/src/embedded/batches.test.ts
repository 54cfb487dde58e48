import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  DEAD_LETTER_QUEUE,
  HEADERS,
  type QueueName,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { createTransactions } from '@parley/sqlite';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered, textOf } from '../../conformance/envelopes.ts';
import { type BusFolder, makeBusFolder } from '../../testing/bus-folder.ts';
import { BATCH_LIMITS, BATCH_TYPE } from '../batch.ts';
import type { MessageBus } from '../message-bus.ts';
import { Reject } from '../message-bus.ts';
import { openQueueDatabase } from './queue-database.ts';
import { createSettlement } from './settlement.ts';
import { prepareStatements } from './statements.ts';

describe('embedded queue, batches', () => {
  let folder: BusFolder;
  beforeEach(async () => {
    folder = await makeBusFolder();
  });
  afterEach(() => folder.remove());

  async function publishAll(bus: MessageBus, queue: QueueName, texts: readonly string[]): Promise<void> {
    await Promise.all(texts.map((text) => bus.publish(queue, envelopeOf(text))));
  }

  const rows = (of = folder): { id: number; items: number; type: string; redeliveries: number }[] =>
    of
      .look()
      .prepare(
        'SELECT id, items, type, redeliveries FROM messages JOIN envelopes USING (id) ORDER BY messages.id',
      )
      .all()
      .map(({ id, items, type, redeliveries }) => ({
        id: Number(id),
        items: Number(items),
        type: String(type),
        redeliveries: Number(redeliveries),
      }));

  async function depthOf(bus: MessageBus, queue: string): Promise<{ ready: number; unacknowledged: number }> {
    const depth = (await bus.depths()).find(({ name }) => name === queue);
    return { ready: depth?.ready ?? -1, unacknowledged: depth?.unacknowledged ?? -1 };
  }

  const isEmpty = (bus: MessageBus, queue: string): Promise<void> =>
    eventually(async () => expect(await depthOf(bus, queue)).toEqual({ ready: 0, unacknowledged: 0 }));

  describe('publishing', () => {
    it.each<QueueName>([BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE])(
      'puts what one turn publishes to %s into few rows, with a place for each message',
      async (queue) => {
        const bus = await folder.open();
        await publishAll(bus, queue, numbered(100));
        await publishAll(bus, queue, ['alone']);
        expect(rows()).toMatchObject([
          { id: 64, items: BATCH_LIMITS.items, type: BATCH_TYPE },
          { id: 100, items: 36, type: BATCH_TYPE },
          { id: 101, items: 1, type: 'chat.message' },
        ]);
        expect(await depthOf(bus, queue)).toEqual({ ready: 101, unacknowledged: 0 });
      },
    );

    it('forms none for the queue of an agent', async () => {
      const bus = await folder.open();
      await bus.declareAgentQueue('finance-1');
      await publishAll(bus, agentQueue('finance-1'), numbered(10));
      expect(rows()).toHaveLength(10);
    });

    it('bounds the bytes of a batch, and stores a message that is larger alone', async () => {
      const bus = await folder.open();
      const texts = [100, 100, 100, 300, 100].map((kib) => 'x'.repeat(kib * 1024));
      await publishAll(bus, SERVER_INPUT_QUEUE, texts);
      expect(rows().map(({ items }) => items)).toEqual([2, 1, 1, 1]);
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
      await received.waitFor(texts.length);
      expect(received.texts()).toEqual(texts);
    });

    it('removes with a queue the messages that the same turn published to it before', async () => {
      const bus = await folder.open();
      await bus.declareAgentQueue('finance-1');
      const outcomes = await Promise.allSettled([
        bus.publish(SERVER_INPUT_QUEUE, envelopeOf('elsewhere')),
        bus.purge(SERVER_INPUT_QUEUE),
        bus.publish(agentQueue('finance-1'), envelopeOf('before')),
        bus.deleteAgentQueue('finance-1'),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
      expect(outcomes[1]).toMatchObject({ value: 1 });
      expect(rows()).toEqual([]);
    });
  });

  describe('consuming', () => {
    it('hands out of a batch the messages that there is room for, and counts the rest as waiting', async () => {
      const bus = await folder.open();
      await publishAll(bus, SERVER_INPUT_QUEUE, numbered(10));
      const finish = gate();
      const received = collectDeliveries(() => finish.opened);
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 4 });
      await received.waitFor(4);
      expect(rows().map(({ id, items }) => [id, items])).toEqual([
        [4, 4],
        [10, 6],
      ]);
      expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toEqual({ ready: 6, unacknowledged: 4 });
      expect(await bus.purge(SERVER_INPUT_QUEUE)).toBe(6);
      finish.open();
      await isEmpty(bus, SERVER_INPUT_QUEUE);
      expect(received.texts()).toEqual(numbered(4));
    });

    it('removes the row with the last of its messages', async () => {
      const bus = await folder.open();
      await publishAll(bus, SERVER_INPUT_QUEUE, numbered(3));
      const finish = gate();
      const received = collectDeliveries(({ envelope }) =>
        textOf(envelope) === '0' ? finish.opened : Promise.resolve(),
      );
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
      await received.waitFor(3);
      // A message written after the others are finished shows that their row stays.
      await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('x'));
      expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toEqual({ ready: 0, unacknowledged: 3 });
      finish.open();
      await isEmpty(bus, SERVER_INPUT_QUEUE);
    });

    it('returns of a batch that is taken apart only the unfinished messages, each with its own count', async () => {
      const bus = await folder.open({ retryDelay: { minMs: 60_000, maxMs: 60_000 } });
      await publishAll(bus, SERVER_INPUT_QUEUE, numbered(6));
      const [never, failed] = [gate(), gate()];
      const first = collectDeliveries(async ({ envelope }) => {
        const text = textOf(envelope);
        if (text === '2') {
          failed.open();
          throw new Error('no');
        }
        if (text === '3') throw new Reject('agent_failed', 'never');
        if (text === '4') return never.opened;
      });
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, first.handler, { prefetch: 10 });
      await failed.opened;
      await eventually(async () => {
        expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toEqual({ ready: 1, unacknowledged: 1 });
      });
      expect(rows().map(({ id, items }) => [id, items])).toEqual([
        [3, 1],
        [5, 1],
        [7, 1],
      ]);
      await subscription.close({ timeoutMs: 10 });
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('after'));
      const second = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, second.handler, { prefetch: 1 });
      await second.waitFor(3);
      expect(second.texts()).toEqual(['2', '4', 'after']);
      expect(second.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 0]);
      never.open();
    });

    it('takes a batch apart in its place when the process that had it has ended: the order stays, each message counts', async () => {
      const before = await folder.open();
      await publishAll(before, SERVER_INPUT_QUEUE, numbered(5));
      await publishAll(before, SERVER_INPUT_QUEUE, ['5', '6']);
      const held = collectDeliveries(() => new Promise(() => undefined));
      await before.consume(SERVER_INPUT_QUEUE, held.handler, { prefetch: 5 });
      await held.waitFor(5);
      // As a kill leaves it: closing would give back the messages in hand.
      const copy = await makeBusFolder();
      try {
        folder.look().exec(`VACUUM INTO '${path.join(copy.dataDir, 'queue.sqlite')}'`);
        const bus = await copy.open();
        expect(rows(copy).map(({ id, items, redeliveries }) => [id, items, redeliveries])).toEqual([
          ...[1, 2, 3, 4, 5].map((id) => [id, 1, 1]),
          [7, 2, 0],
        ]);
        const received = collectDeliveries();
        await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 3 });
        await received.waitFor(7);
        expect(received.texts()).toEqual(numbered(7));
        expect(received.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 1, 1, 1, 0, 0]);
        await isEmpty(bus, SERVER_INPUT_QUEUE);
      } finally {
        await copy.remove();
      }
    });

    it('counts no acknowledgement of a batch whose queue was removed', async () => {
      const bus = await folder.open();
      await bus.declareAgentQueue('finance-1');
      const finish = gate();
      const received = collectDeliveries(() => finish.opened);
      await publishAll(bus, agentQueue('finance-1'), numbered(3));
      const subscription = await bus.consume(agentQueue('finance-1'), received.handler, { prefetch: 3 });
      await received.waitFor(3);
      await bus.deleteAgentQueue('finance-1');
      finish.open();
      await subscription.close();
      expect(rows()).toEqual([]);
    });

    /** Applies the change to the only batch in the file. */
    function damage(change: (body: Buffer) => Buffer): void {
      const file = folder.look();
      const { body } = file.prepare(`SELECT body FROM envelopes WHERE type = '${BATCH_TYPE}'`).get() ?? {};
      if (!(body instanceof Uint8Array)) throw new Error('there is no batch');
      file
        .prepare(`UPDATE envelopes SET body = ? WHERE type = '${BATCH_TYPE}'`)
        .run(change(Buffer.from(body)));
    }

    it.each([
      [
        'malformed',
        8,
        (body: Buffer) =>
          Buffer.from(body.toString('latin1').replace('"attempt":1}', '"attempt":1]'), 'latin1'),
        ['0', '2'],
      ],
      ['cut off', 8, (body: Buffer) => body.subarray(0, body.byteLength - 1), ['0', '1']],
      [
        'malformed, with no room for the batch',
        2,
        (body: Buffer) =>
          Buffer.from(body.toString('latin1').replace('"attempt":1}', '"attempt":1]'), 'latin1'),
        ['0', '2'],
      ],
    ])('makes a dead letter only of the message that is %s', async (_, prefetch, change, sound) => {
      const bus = await folder.open();
      await Promise.all(
        numbered(3).map((text) =>
          bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text, { headers: { attempt: Number(text) } })),
        ),
      );
      damage(change);
      const [received, dead] = [collectDeliveries(), collectDeliveries()];
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch });
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 5 });
      await received.waitFor(2);
      const [letter] = await dead.waitFor(1);
      expect(received.texts()).toEqual(sound);
      expect(letter?.envelope.headers).toMatchObject({
        [HEADERS.deathReason]: 'malformed_message',
        [HEADERS.deathQueue]: SERVER_INPUT_QUEUE,
      });
      await isEmpty(bus, SERVER_INPUT_QUEUE);
      expect(dead.all).toHaveLength(1);
    });

    it('takes a batch apart again when the transaction that did so was undone', async () => {
      const bus = await folder.open();
      await publishAll(bus, SERVER_INPUT_QUEUE, numbered(2));
      await bus.close();
      const database = await openQueueDatabase(folder.dataDir, 1_000, silentLogger);
      const statements = prepareStatements(database);
      const settlement = createSettlement(statements, () => undefined);
      const transactions = createTransactions(database);
      statements.handOut(statements.queueId(SERVER_INPUT_QUEUE) ?? 0, 2);
      const batch = { id: 2, items: 2, acknowledged: new Set<number>(), isApart: false };
      const claim = { id: 1, redeliveries: 0, batch };
      const undone = (): void => {
        expect(settlement.requeue(claim, SERVER_INPUT_QUEUE, 'no')).toBe('delayed');
        throw new Error('undone');
      };
      expect(() => transactions.run(undone)).toThrow('undone');
      settlement.rolledBack();
      batch.acknowledged.add(2);
      expect(transactions.run(() => settlement.requeue(claim, SERVER_INPUT_QUEUE, 'no'))).toBe('delayed');
      const left = database.prepare('SELECT id, items, redeliveries FROM messages').all();
      database.close();
      expect(left).toMatchObject([{ id: 1, items: 1, redeliveries: 1 }]);
    });
  });

  describe('a message that was often handed out', () => {
    it('is handed out alone, once its consumer has nothing else in hand, and in its place', async () => {
      const bus = await folder.open();
      await publishAll(bus, SERVER_INPUT_QUEUE, numbered(5));
      const gates = new Map(numbered(5).map((text) => [text, gate()]));
      const received = collectDeliveries(
        ({ envelope }) => gates.get(textOf(envelope))?.opened ?? Promise.resolve(),
      );
      // Each a row of its own, as after a crash; the third has survived several.
      const first = await bus.consume(SERVER_INPUT_QUEUE, () => new Promise(() => undefined), {
        prefetch: 10,
      });
      await eventually(() => expect(first.inHand).toBe(5));
      await first.close({ timeoutMs: 1 });
      folder.look().exec('UPDATE messages SET redeliveries = 3 WHERE id = 3');
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
      await received.waitFor(2);
      await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('time to claim more'));
      expect(received.texts()).toEqual(['0', '1']);
      gates.get('0')?.open();
      await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('time to claim more'));
      expect(received.texts()).toEqual(['0', '1']);
      gates.get('1')?.open();
      await received.waitFor(3);
      await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('time to claim more'));
      expect(received.texts()).toEqual(['0', '1', '2']);
      expect(subscription.inHand).toBe(1);
      for (const each of gates.values()) each.open();
      await received.waitFor(5);
      expect(received.texts()).toEqual(numbered(5));
    });
  });
});
