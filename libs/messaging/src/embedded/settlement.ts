import { DEAD_LETTER_QUEUE, HEADERS, newId } from '@parley/shared-models';
import { DELIVERY_LIMIT } from '../topology.ts';
import { readHeaders } from './envelope-rows.ts';
import { STATE } from './schema.ts';
import type { Statements } from './statements.ts';

/** A message in the hand of one instance. The three together name one hand-out and no other. */
export interface Claim {
  readonly id: number;
  readonly owner: number;
  readonly redeliveries: number;
}

/** Why a message is a dead letter. */
export interface Death {
  readonly reason: string;
  readonly message: string;
}

/** `lost`: somebody else has the message meanwhile, or it is gone; nothing was changed. */
export type Settled = 'done' | 'lost';
export type Requeued = 'delayed' | 'dead' | 'lost';

/** Of a death's message; a stack trace is for the log. */
const SENTENCE_LENGTH = 1_000;

/** How a hand-out ends. All of it runs inside a write group's transaction. */
export interface Settlement {
  acknowledge(claim: Claim): Settled;
  reject(claim: Claim, queue: string, death: Death): Requeued;
  /** To be made ready by `endDelay`; or a dead letter, when that was once too often. */
  requeue(claim: Claim, queue: string, lastError: string): Requeued;
  endDelay(claim: { id: number; owner: number }, queue: string): void;
  /** Back to its place at once, as if it had never been handed out but for the count. */
  putBack(claim: Claim, queue: string): void;
  /** The same for all that an instance has in hand. */
  putBackAll(owner: number): void;
  /** Moves the message, whatever its state, to the dead letters. */
  bury(id: number, death: Death): void;
}

/** @param touch is called with each queue in which a message became ready */
export function createSettlement(statements: Statements, touch: (queue: string) => void): Settlement {
  function bury(id: number, death: Death): void {
    const stored = statements.read(id);
    if (stored === undefined) return;
    // Another program may have left any part of a message empty.
    statements.insert(DEAD_LETTER_QUEUE, {
      message_id: stored.message_id || newId(),
      correlation_id: stored.correlation_id,
      type: stored.type || 'unknown',
      timestamp: stored.timestamp ?? Date.now(),
      headers: JSON.stringify({
        ...readHeaders(stored.headers ?? ''),
        [HEADERS.deathReason]: death.reason,
        [HEADERS.deathMessage]: death.message.slice(0, SENTENCE_LENGTH),
        [HEADERS.deathQueue]: stored.queue,
      }),
      body: stored.body ?? new Uint8Array(),
    });
    statements.remove(id);
    touch(DEAD_LETTER_QUEUE);
  }

  const isInHand = ({ id, owner, redeliveries }: Claim): boolean =>
    statements.isInHand(id, owner, redeliveries) !== undefined;

  function isLastTime(redeliveries: number, queue: string): boolean {
    // A dead letter has nowhere else to go: it waits for whom it may concern.
    return redeliveries + 1 >= DELIVERY_LIMIT && queue !== DEAD_LETTER_QUEUE;
  }

  function putBack(id: number, redeliveries: number, queue: string): void {
    if (isLastTime(redeliveries, queue)) bury(id, worn('its consumer was lost or closed each time'));
    else {
      statements.putBack(id);
      touch(queue);
    }
  }

  return {
    acknowledge: ({ id, owner, redeliveries }) =>
      statements.acknowledge(id, owner, redeliveries) === 1 ? 'done' : 'lost',
    reject(claim, queue, death) {
      if (!isInHand(claim)) return 'lost';
      if (queue === DEAD_LETTER_QUEUE) {
        statements.delay(claim.id);
        return 'delayed';
      }
      bury(claim.id, death);
      return 'dead';
    },
    requeue(claim, queue, lastError) {
      if (!isInHand(claim)) return 'lost';
      if (isLastTime(claim.redeliveries, queue)) {
        bury(claim.id, worn(lastError));
        return 'dead';
      }
      statements.delay(claim.id);
      return 'delayed';
    },
    endDelay({ id, owner }, queue) {
      if (statements.endDelay(id, owner) === 1) touch(queue);
    },
    putBack(claim, queue) {
      if (isInHand(claim)) putBack(claim.id, claim.redeliveries, queue);
    },
    putBackAll(owner) {
      for (const { id, queue, state, redeliveries } of statements.ofOwner(owner)) {
        if (state === STATE.inHand) putBack(id, redeliveries, queue);
        else {
          statements.endDelay(id, owner);
          touch(queue);
        }
      }
    },
    bury,
  };
}

const worn = (lastError: string): Death => ({
  reason: 'delivery_limit',
  message: `handed out ${DELIVERY_LIMIT} times without being finished; the last time: ${lastError}`,
});
