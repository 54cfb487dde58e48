import { traceIdOf } from '@parley/shared-models';
import { type BusLogger, type RetryDelay, retryDelayOf } from '../bus-options.ts';
import type { Hand, Verdict } from './consumer.ts';
import { messageOf } from './failure-reason.ts';
import type { Claim, Requeued, Settlement } from './settlement.ts';
import type { WriteGroups } from './write-groups.ts';

/** Writes down how the handlers of one consumer ended, and keeps failed messages back until their retry. */
export interface VerdictRecorder {
  record(hand: Hand, verdict: Verdict): Promise<void>;
  /** Messages that wait for their retry. */
  delayed(): number;
  /** Makes them ready now, and from now on at once what fails. */
  stopDelaying(): Promise<void>;
  startDelaying(): void;
}

export function createVerdictRecorder(parts: {
  queue: string;
  writes: WriteGroups;
  settlement: Settlement;
  /** Whether there is more to claim, so that an acknowledgement should not wait. */
  hasMore: () => boolean;
  retryDelay: RetryDelay;
  logger: BusLogger;
}): VerdictRecorder {
  const { queue, writes, settlement, hasMore, retryDelay, logger } = parts;
  const timers = new Map<Claim, NodeJS.Timeout>();
  let isDelaying = true;

  async function acknowledge({ claim, delivery }: Hand): Promise<void> {
    const { batch } = claim;
    if (batch !== undefined && !batch.isApart) {
      batch.acknowledged.add(claim.id);
      if (batch.acknowledged.size < batch.items) return;
    }
    const settled = await writes.write(() => settlement.acknowledge(claim), {
      // A power cut that undoes it leads to a redelivery, as a crash before it does.
      isDurable: false,
      // With more to claim both share a group; otherwise it can wait for one that is written anyway.
      urgency: hasMore() ? 'now' : 'soon',
    });
    if (settled === 'done') return;
    logger.warn(
      { queue, messageId: delivery.envelope.messageId },
      'acknowledged too late: it was handed out again',
    );
  }

  async function fail(
    { claim, delivery }: Hand,
    verdict: Exclude<Verdict, { kind: 'acknowledge' }>,
  ): Promise<void> {
    const { messageId, headers } = delivery.envelope;
    const { error } = verdict;
    const settle = (): Requeued =>
      verdict.kind === 'reject'
        ? settlement.reject(claim, queue, { reason: verdict.error.reason, message: verdict.error.message })
        : settlement.requeue(claim, queue, messageOf(error));
    // A dead letter is written anew.
    const outcome = await writes.write(settle, {
      isDurable: false,
      bytes: 1 + delivery.envelope.body.byteLength,
    });
    logger.warn(
      {
        err: error,
        queue,
        messageId,
        traceId: traceIdOf(headers),
        redeliveries: claim.redeliveries,
        outcome,
      },
      'a message was not handled',
    );
    if (outcome === 'delayed') await delay(claim);
  }

  async function delay(claim: Claim): Promise<void> {
    if (!isDelaying) return makeReady([claim]);
    const end = (): void => {
      timers.delete(claim);
      makeReady([claim]).catch((err) =>
        logger.debug({ err, queue }, 'the bus closed before a retry was due'),
      );
    };
    timers.set(claim, setTimeout(end, retryDelayOf(retryDelay, claim.redeliveries)));
  }

  function makeReady(claims: readonly Claim[]): Promise<void> {
    return writes.write(
      () => {
        for (const claim of claims) settlement.endDelay(claim, queue);
      },
      { isDurable: false },
    );
  }

  return {
    record: (hand, verdict) => (verdict.kind === 'acknowledge' ? acknowledge(hand) : fail(hand, verdict)),
    delayed: () => timers.size,
    async stopDelaying() {
      isDelaying = false;
      const claims = [...timers.keys()];
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (claims.length > 0) await makeReady(claims);
    },
    startDelaying() {
      isDelaying = true;
    },
  };
}
