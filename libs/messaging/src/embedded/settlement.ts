import { DEAD_LETTER_QUEUE, HEADERS, newId, readQueueHeaders } from '@parley/shared-models';
import { DELIVERY_LIMIT } from '../topology.ts';
import { STATE } from './schema.ts';
import {
  type EnvelopeRow,
  itemsOf,
  type MessageRow,
  rowOf,
  type Statements,
  type StoredMessage,
} from './statements.ts';

/** A message that a consumer has in hand. */
export interface Claim {
  /** Its place in the queue; the id of its row, unless it came in a batch. */
  readonly id: number;
  readonly redeliveries: number;
  /** Shared by all messages of its row. */
  readonly batch?: ClaimedBatch;
}

/** A row with several messages that was handed out. */
export interface ClaimedBatch {
  readonly id: number;
  readonly items: number;
  /** The places of those that are acknowledged. The row goes with the last. */
  readonly acknowledged: Set<number>;
  /** Its messages have rows of their own meanwhile, but for those acknowledged before. */
  isApart: boolean;
}

/** Why a message is a dead letter. */
export interface Death {
  readonly reason: string;
  readonly message: string;
}

/** `lost`: it is gone, with its queue; nothing was changed. */
export type Settled = 'done' | 'lost';
export type Requeued = 'delayed' | 'dead' | 'lost';

/** Of a death's message; a stack trace is for the log. */
const SENTENCE_LENGTH = 1_000;

/** How a hand-out ends. All of it runs inside a write group's transaction. */
export interface Settlement {
  /** Removes the message, or the batch whose last it is. */
  acknowledge(claim: Claim): Settled;
  reject(claim: Claim, queue: string, death: Death): Requeued;
  /** To be made ready by `endDelay`; or a dead letter, when that was once too often. */
  requeue(claim: Claim, queue: string, lastError: string): Requeued;
  endDelay(claim: Pick<Claim, 'id'>, queue: string): void;
  /** Back to its place at once, as if it had never been handed out but for the count. */
  putBack(claim: Claim, queue: string): void;
  /** The same for all that is handed out or delayed: the process that did so has ended. */
  putBackAll(): void;
  committed(): void;
  rolledBack(): void;
}

/** @param touch is called with each queue in which a message became ready */
export function createSettlement(statements: Statements, touch: (queue: string) => void): Settlement {
  /** Takes back the changes of this transaction in memory. */
  let undo: (() => void)[] = [];

  /** @param stored another program may have left any part of a message empty */
  function bury(
    stored: { readonly [column in keyof EnvelopeRow]: EnvelopeRow[column] | null },
    queue: string,
    death: Death,
  ): void {
    const deadLetters = statements.queueId(DEAD_LETTER_QUEUE);
    if (deadLetters === undefined) throw new Error(`there is no ${DEAD_LETTER_QUEUE}`);
    statements.append(deadLetters, {
      message_id: stored.message_id || newId(),
      correlation_id: stored.correlation_id,
      type: stored.type || 'unknown',
      timestamp: stored.timestamp ?? Date.now(),
      headers: JSON.stringify({
        ...readQueueHeaders(stored.headers ?? ''),
        [HEADERS.deathReason]: death.reason,
        [HEADERS.deathMessage]: death.message.slice(0, SENTENCE_LENGTH),
        [HEADERS.deathQueue]: queue,
      }),
      body: stored.body ?? new Uint8Array(),
    });
    touch(DEAD_LETTER_QUEUE);
  }

  function buryRow(id: number, death: Death): void {
    const stored = statements.read(id);
    if (stored === undefined) return;
    statements.remove(id);
    const [item] = itemsOf(stored);
    bury(item !== undefined && 'envelope' in item ? rowOf(item.envelope) : stored, stored.queue, death);
  }

  /** Gives each item a row of its own, at its place; those that are malformed become dead letters. */
  function takeApart(
    stored: StoredMessage,
    parts: { state: number; redeliveries: number; without?: ReadonlySet<number> },
  ): void {
    const { state, redeliveries, without } = parts;
    const { queue_id } = stored;
    statements.remove(stored.id);
    for (const [index, item] of itemsOf(stored).entries()) {
      const id = placeOf(stored, index);
      if (without?.has(id)) continue;
      if ('envelope' in item)
        statements.insertAt({ id, queue_id, state, redeliveries, items: 1 }, rowOf(item.envelope));
      else bury({ ...EMPTY, body: item.malformed }, stored.queue, malformed(item.reason));
    }
  }

  /** Whether this hand-out still counts. Afterwards the message has a row of its own. */
  function isInHand({ id, redeliveries, batch }: Claim): boolean {
    if (batch !== undefined && !batch.isApart) {
      const stored = statements.read(batch.id);
      if (stored === undefined) return false;
      takeApart(stored, { state: STATE.inHand, redeliveries, without: batch.acknowledged });
      batch.isApart = true;
      undo.push(() => {
        batch.isApart = false;
      });
    }
    return statements.isInHand(id) !== undefined;
  }

  function isSound(id: number): boolean {
    const stored = statements.read(id);
    return stored !== undefined && itemsOf(stored).every((item) => 'envelope' in item);
  }

  function isLastTime(redeliveries: number, queue: string): boolean {
    // A dead letter has nowhere else to go: it waits for an operator.
    return redeliveries + 1 >= DELIVERY_LIMIT && queue !== DEAD_LETTER_QUEUE;
  }

  function putBack({ id, redeliveries }: { id: number; redeliveries: number }, queue: string): void {
    if (isLastTime(redeliveries, queue)) buryRow(id, worn('its consumer was lost or closed each time'));
    else {
      statements.putBack(id);
      touch(queue);
    }
  }

  return {
    acknowledge({ id, batch }) {
      const row = batch === undefined || batch.isApart ? id : batch.id;
      return statements.remove(row) === 1 ? 'done' : 'lost';
    },
    reject(claim, queue, death) {
      if (!isInHand(claim)) return 'lost';
      // Where it is malformed itself, it becomes one that is not.
      if (queue === DEAD_LETTER_QUEUE && isSound(claim.id)) {
        statements.delay(claim.id);
        return 'delayed';
      }
      buryRow(claim.id, death);
      return 'dead';
    },
    requeue(claim, queue, lastError) {
      if (!isInHand(claim)) return 'lost';
      if (isLastTime(claim.redeliveries, queue)) {
        buryRow(claim.id, worn(lastError));
        return 'dead';
      }
      statements.delay(claim.id);
      return 'delayed';
    },
    endDelay({ id }, queue) {
      if (statements.endDelay(id) === 1) touch(queue);
    },
    putBack(claim, queue) {
      if (isInHand(claim)) putBack(claim, queue);
    },
    putBackAll() {
      for (const row of statements.taken()) {
        const { id, queue, state, items, redeliveries } = row;
        const stored = items > 1 ? statements.read(id) : undefined;
        if (stored !== undefined) {
          takeApart(stored, { state: STATE.ready, redeliveries: redeliveries + 1 });
          touch(queue);
        } else if (state === STATE.inHand) putBack(row, queue);
        else {
          statements.endDelay(id);
          touch(queue);
        }
      }
    },
    committed() {
      undo = [];
    },
    rolledBack() {
      for (const takeBack of undo) takeBack();
      undo = [];
    },
  };
}

const EMPTY = { message_id: null, correlation_id: null, type: null, timestamp: null, headers: null };

/** The places of a row's messages end with its id. */
export const placeOf = ({ id, items }: MessageRow, index: number): number => id - items + 1 + index;

const malformed = (message: string): Death => ({ reason: 'malformed_message', message });

const worn = (lastError: string): Death => ({
  reason: 'delivery_limit',
  message: `handed out ${DELIVERY_LIMIT} times without being finished; the last time: ${lastError}`,
});
