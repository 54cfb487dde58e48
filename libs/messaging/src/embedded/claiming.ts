import { isOutsideTrouble, type LogSync } from '@parley/sqlite';
import { lengthOfItems } from '../batch.ts';
import type { BusLogger } from '../bus-options.ts';
import { ALONE_FROM, PERMANENT_QUEUES } from '../topology.ts';
import type { Consumer } from './consumer.ts';
import { STATE } from './schema.ts';
import { placeOf } from './settlement.ts';
import { itemsOf, type ReadyRow, type Statements } from './statements.ts';

/** Finds work for the consumers: the queues that are worth a look, and the messages for each consumer. */
export interface Claiming {
  /** From now on it has a place at its queue. Of a queue with one active consumer that is the one whose place is oldest. */
  add(consumer: Consumer): void;
  /** Gives its place up. */
  remove(consumer: Consumer): void;
  /** How many have a place at the queue. */
  consumersOf(queue: string): number;
  /** There may be something in the queue. */
  wake(queue: string): void;
  wakeAll(): void;
  /** A consumer of the queue has nothing in hand any more. Returns whether something waits for that. */
  idle(queue: string): boolean;
  /** See `GroupHooks`. */
  mayClaim(): boolean;
  isClaimWanted(): boolean;
  claim(): () => void;
}

/** A queue that has consumers. */
interface ConsumedQueue {
  readonly name: string;
  /** In the order in which they came. */
  readonly consumers: Consumer[];
  /** Only the first of them gets messages. */
  readonly isSingleActive: boolean;
  /** Whether a look may find something. */
  isPromising: boolean;
  /** The next message is handed out alone, and no consumer is idle. */
  waitsForIdle: boolean;
  /** Position of the consumer that is next, so that consumers share evenly. */
  turn: number;
}

interface Found {
  readonly rows: readonly ReadyRow[];
  /** Which consumers get them. */
  readonly takers: readonly Consumer[];
  /** Nothing else is ready. */
  readonly isAll: boolean;
  readonly waitsForIdle: boolean;
}

export function createClaiming(parts: {
  statements: Statements;
  /** The disk is full. */
  isRoomScarce: () => boolean;
  log: Pick<LogSync, 'pending'>;
  logger: BusLogger;
}): Claiming {
  const { statements, isRoomScarce, log, logger } = parts;
  const queues = new Map<string, ConsumedQueue>();

  const takers = ({ consumers, isSingleActive }: ConsumedQueue): Consumer[] =>
    (isSingleActive ? consumers.slice(0, 1) : consumers).filter(
      (consumer) => consumer.isTaking && consumer.capacity() > 0,
    );

  const isWorthALook = (queue: ConsumedQueue): boolean => queue.isPromising && takers(queue).length > 0;

  function look(queue: ConsumedQueue): boolean {
    if (!isWorthALook(queue)) return false;
    const id = statements.queueId(queue.name);
    const isWorthIt = id !== undefined && statements.hasReady(id) !== undefined;
    // A publish to the queue wakes it.
    if (!isWorthIt) queue.isPromising = false;
    return isWorthIt;
  }

  function claimFrom(queue: ConsumedQueue): () => void {
    const id = statements.queueId(queue.name);
    if (id === undefined) return () => undefined;
    const { rows, takers: given, isAll, waitsForIdle } = read(id, takers(queue));
    queue.waitsForIdle = waitsForIdle;
    const newest = rows.at(-1);
    if (newest !== undefined) statements.handOut(id, newest.id);
    return () => {
      if (!isAll && !waitsForIdle) queue.isPromising = true;
      // Resolves when publishes that came from outside the queues before now are on the disk; undefined: they are.
      const ready = given.some(({ onlyDurable }) => onlyDurable) ? log.pending() : undefined;
      for (const each of rows) deliver(queue, given, each, ready);
    };
  }

  /** The rows that these consumers may take now, oldest first. */
  function read(queueId: number, chosen: readonly Consumer[]): Found {
    const rows: ReadyRow[] = [];
    const found = { rows, takers: chosen, isAll: false, waitsForIdle: false };
    let room = chosen.reduce((sum, consumer) => sum + consumer.capacity(), 0);
    for (const row of statements.ready(queueId)) {
      if (row.redeliveries >= ALONE_FROM) {
        const idle = chosen.find((consumer) => consumer.isIdle());
        if (idle === undefined) return { ...found, waitsForIdle: true };
        return rows.length > 0 ? found : { ...found, takers: [idle], rows: [row] };
      }
      rows.push(row);
      room -= row.items;
      if (room <= 0) break;
    }
    if (room > 0) return { ...found, isAll: true };
    // Splitting a batch needs room in the file: while the file has no room, its consumers get more than their prefetch.
    const newest = room === 0 || isRoomScarce() ? undefined : rows.pop();
    if (newest !== undefined) rows.push(firstOf(queueId, newest, newest.items + room));
    return found;
  }

  /** The first messages of a batch for which there is no room as a whole, in a row of their own. */
  function firstOf(queueId: number, row: ReadyRow, count: number): ReadyRow {
    // One that is cut off is taken apart anyway.
    if (row.body === null || itemsOf(row).some((item) => 'malformed' in item)) return row;
    const bytes = lengthOfItems(row.body, count);
    const first = { ...row, id: placeOf(row, count - 1), items: count, body: row.body.subarray(0, bytes) };
    const rest = { ...row, items: row.items - count, body: row.body.subarray(bytes) };
    statements.remove(row.id);
    for (const part of [first, rest])
      statements.insertAt({ ...part, queue_id: queueId, state: STATE.ready }, part);
    return first;
  }

  function deliver(
    queue: ConsumedQueue,
    chosen: readonly Consumer[],
    row: ReadyRow,
    ready: Promise<void> | undefined,
  ): void {
    const { redeliveries } = row;
    const items = itemsOf(row);
    const batch =
      row.items === 1
        ? {}
        : { batch: { id: row.id, items: items.length, acknowledged: new Set<number>(), isApart: false } };
    for (const [index, item] of items.entries()) {
      const consumer = nextTaker(queue, chosen) ?? chosen[0];
      if (consumer === undefined) throw new Error(`claimed from ${queue.name} for no consumer`);
      const claim = { id: placeOf(row, index), redeliveries, ...batch };
      consumer.deliver(claim, item, consumer.onlyDurable ? ready : undefined);
    }
  }

  function nextTaker(queue: ConsumedQueue, chosen: readonly Consumer[]): Consumer | undefined {
    for (let step = 0; step < chosen.length; step++) {
      const consumer = chosen[(queue.turn + step) % chosen.length];
      if (consumer === undefined || consumer.capacity() <= 0) continue;
      queue.turn = (queue.turn + step + 1) % chosen.length;
      return consumer;
    }
    return undefined;
  }

  return {
    add(consumer) {
      const known = queues.get(consumer.queue);
      if (known !== undefined) known.consumers.push(consumer);
      else
        queues.set(consumer.queue, {
          name: consumer.queue,
          consumers: [consumer],
          isSingleActive: PERMANENT_QUEUES[consumer.queue]?.singleActiveConsumer === true,
          isPromising: true,
          waitsForIdle: false,
          turn: 0,
        });
    },
    remove(consumer) {
      const queue = queues.get(consumer.queue);
      if (queue === undefined) return;
      const left = queue.consumers.filter((other) => other !== consumer);
      queue.consumers.splice(0, queue.consumers.length, ...left);
      if (left.length === 0) queues.delete(consumer.queue);
      // The next one may have become the active one.
      else queue.isPromising = true;
    },
    consumersOf: (name) => queues.get(name)?.consumers.length ?? 0,
    wake(name) {
      const queue = queues.get(name);
      if (queue !== undefined) queue.isPromising = true;
    },
    wakeAll() {
      for (const queue of queues.values()) queue.isPromising = true;
    },
    idle(name) {
      const queue = queues.get(name);
      if (queue?.waitsForIdle !== true) return false;
      queue.isPromising = true;
      return true;
    },
    mayClaim: () => [...queues.values()].some(isWorthALook),
    isClaimWanted: () => [...queues.values()].filter(look).length > 0,
    claim() {
      const deliveries: (() => void)[] = [];
      for (const queue of queues.values()) {
        if (!isWorthALook(queue)) continue;
        queue.isPromising = false;
        try {
          deliveries.push(claimFrom(queue));
        } catch (err) {
          // The queue is tried again with its next message; the rest of the group goes on.
          if (isOutsideTrouble(err)) {
            queue.isPromising = true;
            throw err;
          }
          logger.error({ err, queue: queue.name }, 'could not claim messages');
        }
      }
      return () => {
        for (const deliver of deliveries) deliver();
      };
    },
  };
}
