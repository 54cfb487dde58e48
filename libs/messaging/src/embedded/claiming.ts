import { isOutsideTrouble } from '@parley/sqlite';
import type { BusLogger } from '../bus-options.ts';
import type { Envelope } from '../message-bus.ts';
import type { Consumer } from './consumer.ts';
import type { Doorbell } from './doorbell.ts';
import { envelopeOf } from './envelope-rows.ts';
import type { Settlement } from './settlement.ts';
import type { QueueView, ReadyRow, Statements } from './statements.ts';

/** Finds work for the consumers of this bus: which queues are worth a look, what each consumer gets. */
export interface Claiming {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  consumers(): Consumer[];
  /** There may be something in the queue. */
  wake(queue: string): void;
  wakeAll(): void;
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
  /** Whose turn it is, so that consumers share evenly. */
  turn: number;
}

export function createClaiming(parts: {
  statements: Statements;
  settlement: Settlement;
  doorbell: Doorbell;
  /** The id under which this instance claims. */
  instanceId: () => number;
  logger: BusLogger;
}): Claiming {
  const { statements, settlement, doorbell, instanceId, logger } = parts;
  const queues = new Map<string, LocalQueue>();

  const takers = ({ consumers }: LocalQueue): Consumer[] =>
    consumers.filter((consumer) => consumer.isTaking && consumer.capacity() > 0);

  const isWorthALook = (queue: LocalQueue): boolean => queue.isPromising && takers(queue).length > 0;

  function look(queue: LocalQueue): boolean {
    if (!isWorthALook(queue)) return false;
    const view = statements.viewQueue(queue.name);
    const isWorthIt = view?.has_ready === 1 && allowed(view, takers(queue)).length > 0;
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
    const candidates = takers(queue);
    const [first] = candidates;
    if (first?.rowId !== undefined) statements.becomeActive(first.rowId, queue.name);
    const view = statements.viewQueue(queue.name);
    const chosen = view === undefined ? [] : allowed(view, candidates);
    const room = chosen.reduce((sum, consumer) => sum + consumer.capacity(), 0);
    if (view === undefined || room === 0) return () => undefined;

    const rows = statements.oldestReady(view.id, room);
    const owner = instanceId();
    const newest = rows.at(-1);
    if (newest !== undefined) statements.handOut(owner, view.id, newest.id);
    const sound = rows.flatMap((row) => readOrBury(row, queue.name));
    const isDrained = rows.length < room || statements.viewQueue(queue.name)?.has_ready === 0;
    if (isDrained) doorbell.drained(queue.name);

    return () => {
      if (!isDrained) queue.isPromising = true;
      let taken = 0;
      for (const { row, envelope } of sound) {
        const consumer = nextTaker(queue, chosen);
        if (consumer === undefined) break;
        taken += 1;
        const { id, redeliveries } = row;
        consumer.deliver({ id, owner, redeliveries }, { envelope, queue: queue.name, redeliveries });
      }
      if (taken < sound.length)
        throw new Error(`claimed more from ${queue.name} than its consumers have room for`);
    };
  }

  function readOrBury(row: ReadyRow, queue: string): { row: ReadyRow; envelope: Envelope }[] {
    try {
      return [{ row, envelope: envelopeOf(row) }];
    } catch (err) {
      logger.warn({ err, queue, messageId: row.message_id }, 'malformed message: moved to the dead letters');
      settlement.bury(row.id, { reason: 'malformed_message', message: `It is no envelope: ${String(err)}` });
      return [];
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
