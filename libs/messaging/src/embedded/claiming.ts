import { isOutsideTrouble, type LogSync } from '@parley/sqlite';
import { lengthOfItems } from '../batch.ts';
import type { BusLogger } from '../bus-options.ts';
import { ALONE_FROM } from '../topology.ts';
import type { Consumer } from './consumer.ts';
import type { Doorbell } from './publishing.ts';
import { STATE } from './schema.ts';
import { placeOf } from './settlement.ts';
import { itemsOf, type QueueView, type ReadyRow, type Statements } from './statements.ts';

/** Finds work for the consumers of this bus: which queues are worth a look, what each consumer gets. */
export interface Claiming {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  consumers(): Consumer[];
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

/** The consumers of one queue on this bus. */
interface LocalQueue {
  readonly name: string;
  readonly consumers: Consumer[];
  /** Whether a look may find something. */
  isPromising: boolean;
  /** The next message is handed out alone, and no consumer is idle. */
  waitsForIdle: boolean;
  /** Other processes consume it too, or did. */
  isShared: boolean;
  /** Whose turn it is, so that consumers share evenly. */
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
  doorbell: Doorbell;
  /** The id under which this instance claims. */
  instanceId: () => number;
  /** The disk is full. */
  isRoomScarce: () => boolean;
  log: Pick<LogSync, 'sync' | 'pending'>;
  logger: BusLogger;
}): Claiming {
  const { statements, doorbell, instanceId, isRoomScarce, log, logger } = parts;
  const queues = new Map<string, LocalQueue>();

  const takers = ({ consumers }: LocalQueue): Consumer[] =>
    consumers.filter((consumer) => consumer.isTaking && consumer.capacity() > 0);

  const isWorthALook = (queue: LocalQueue): boolean => queue.isPromising && takers(queue).length > 0;

  function look(queue: LocalQueue): boolean {
    if (!isWorthALook(queue)) return false;
    const view = statements.viewQueue(queue.name);
    const isWorthIt =
      view !== undefined &&
      statements.hasReady(view.id) !== undefined &&
      allowed(view, takers(queue)).length > 0;
    // Whoever puts something there, or frees the place of the active consumer, rings.
    if (!isWorthIt) queue.isPromising = false;
    return isWorthIt;
  }

  function allowed(view: QueueView, candidates: Consumer[]): Consumer[] {
    if (view.is_single_active === 0) return candidates;
    if (view.active_consumer === null) return candidates.slice(0, 1);
    return candidates.filter(({ rowId }) => rowId === view.active_consumer);
  }

  function claimFrom(queue: LocalQueue): () => void {
    const view = viewFor(queue);
    const chosen = view === undefined ? [] : allowed(view, takers(queue));
    if (view === undefined || chosen.length === 0) return () => undefined;
    const { rows, takers: given, isAll, waitsForIdle } = read(view.id, chosen);
    queue.waitsForIdle = waitsForIdle;
    queue.isShared ||= view.consumers > queue.consumers.filter(({ rowId }) => rowId !== undefined).length;
    const newest = rows.at(-1);
    const owner = instanceId();
    if (newest !== undefined) statements.handOut(owner, view.id, newest.id);
    if (isAll) doorbell.drained(queue.name);
    return () => {
      if (!isAll && !waitsForIdle) queue.isPromising = true;
      if (rows.length === 0) return;
      const ready = given.some(({ onlyDurable }) => onlyDurable) ? durable(queue) : undefined;
      for (const row of rows) deliver(queue, given, owner, row, ready);
    };
  }

  /**
   * Resolves when what came from outside the queues before now is on the disk; undefined: it is. What this process publishes it syncs
   * itself. Others do likewise, but how far they are is not known here: those that consume the same queue may have published.
   */
  const durable = ({ isShared }: LocalQueue): Promise<void> | undefined =>
    isShared ? log.sync() : log.pending();

  /** The queue; where it has no active consumer and needs one, the first of ours has become it. */
  function viewFor(queue: LocalQueue): QueueView | undefined {
    const view = statements.viewQueue(queue.name);
    const rowId = takers(queue)[0]?.rowId;
    if (view?.is_single_active !== 1 || rowId === undefined) return view;
    return statements.becomeActive(rowId, queue.name) > 0 ? statements.viewQueue(queue.name) : view;
  }

  /** What these consumers may take now, oldest first. */
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
    // To split a batch needs room in the file: while there is none, its consumers get more than their prefetch.
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
      statements.insertAt({ ...part, queue_id: queueId, state: STATE.ready, owner: null }, part);
    return first;
  }

  function deliver(
    queue: LocalQueue,
    chosen: readonly Consumer[],
    owner: number,
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
      const claim = { id: placeOf(row, index), owner, redeliveries, ...batch };
      consumer.deliver(claim, item, consumer.onlyDurable ? ready : undefined);
    }
  }

  function nextTaker(queue: LocalQueue, chosen: readonly Consumer[]): Consumer | undefined {
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
          isPromising: true,
          waitsForIdle: false,
          isShared: false,
          turn: 0,
        });
    },
    remove(consumer) {
      const queue = queues.get(consumer.queue);
      if (queue === undefined) return;
      const left = queue.consumers.filter((other) => other !== consumer);
      queue.consumers.splice(0, queue.consumers.length, ...left);
      if (left.length === 0) queues.delete(consumer.queue);
    },
    consumers: () => [...queues.values()].flatMap((queue) => queue.consumers),
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
          // The queue is tried again with the next tick; the rest of the group goes on.
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
