import { ParleyError } from '@parley/shared-models';
import { encodeBatch } from '../batch.ts';
import type { Envelope } from '../message-bus.ts';
import { BATCHED_QUEUES } from '../topology.ts';
import { rowOf, rowOfBatch, type Statements } from './statements.ts';

/**
 * Gathers the publishes of one write group, so that each queue is looked at once and those that carry batches get few
 * rows. Runs inside the group's transaction.
 */
export interface Publishing {
  /** @throws ParleyError `queue_missing` */
  publish(queue: string, envelope: Envelope): void;
  /** To every queue that wants events of this type. */
  publishEvent(channel: string, eventType: string, envelope: Envelope): void;
  /** Writes the gathered messages. Comes after the group's publishes, and before any other operation on their queues. */
  write(): void;
  rolledBack(): void;
}

/** @param wake is called with each queue that gets a message, inside the transaction: its own claims come last */
export function createPublishing(statements: Statements, wake: (queue: string) => void): Publishing {
  const gathered = new Map<number, { readonly queue: string; readonly envelopes: Envelope[] }>();
  const ids = new Map<string, number>();

  function idOf(queue: string): number {
    const id = ids.get(queue) ?? statements.queueId(queue);
    if (id === undefined) throw queueMissing(queue);
    ids.set(queue, id);
    return id;
  }

  function gather(id: number, queue: string, envelope: Envelope): void {
    const before = gathered.get(id);
    if (before === undefined) gathered.set(id, { queue, envelopes: [envelope] });
    else before.envelopes.push(envelope);
  }

  function append(queueId: number, queue: string, envelopes: readonly Envelope[]): void {
    for (let at = 0; at < envelopes.length; ) {
      const rest = at === 0 ? envelopes : envelopes.slice(at);
      const [first, second] = rest;
      if (first === undefined) return;
      const batch = second === undefined || !BATCHED_QUEUES.has(queue) ? undefined : encodeBatch(rest);
      const isBatch = batch !== undefined && batch.count > 1;
      statements.append(queueId, isBatch ? rowOfBatch(first, batch.content) : rowOf(first), batch?.count);
      at += batch?.count ?? 1;
    }
  }

  function clear(): void {
    gathered.clear();
    ids.clear();
  }

  return {
    publish: (queue, envelope) => gather(idOf(queue), queue, envelope),
    publishEvent(channel, eventType, envelope) {
      for (const { id, name } of statements.boundTo(channel, eventType)) gather(id, name, envelope);
    },
    write() {
      for (const [id, { queue, envelopes }] of gathered) {
        wake(queue);
        append(id, queue, envelopes);
      }
      clear();
    },
    rolledBack: clear,
  };
}

export function queueMissing(queue: string): ParleyError {
  return new ParleyError('queue_missing', `There is no queue "${queue}".`);
}
