import type { Doorbell } from './doorbell.ts';
import type { InstanceRow, InstanceStatements, NewInstance } from './instance-rows.ts';
import type { Settlement } from './settlement.ts';
import type { Statements } from './statements.ts';

/**
 * The rows that stand for this bus in the file, and how those of others are cleared away. All of it runs inside a
 * transaction.
 */
export interface Membership {
  /** The id under which this instance claims. Changes when it had to register again. */
  id(): number;
  isOwn(row: InstanceRow): boolean;
  isMember(): boolean;
  /** Registers anew and returns the new id, which counts once `adopt` was told after the commit. */
  join(): number;
  adopt(newId: number): void;
  /** Shows that this instance lives. Returns all instances. */
  beat(): InstanceRow[];
  /** Returns its messages to their queues and passes its consumers' places on, unless it has beaten since `row`. */
  clearAway(row: InstanceRow): boolean;
  leave(): void;
  /** Returns its row's id. @param instanceId @default id() */
  addConsumer(queue: string, instanceId?: number): number;
  removeConsumer(id: number, queue: string): void;
}

export function createMembership(parts: {
  self: NewInstance;
  instances: InstanceStatements;
  statements: Statements;
  settlement: Settlement;
  doorbell: Doorbell;
}): Membership {
  const { self, instances, statements, settlement, doorbell } = parts;
  let id = 0;

  function passOn(queue: string, consumerId: number): void {
    if (statements.passOn(queue, consumerId) > 0) doorbell.touch(queue);
  }

  function remove(instanceId: number, seenBeat: number): boolean {
    const consumers = instances.consumersOf(instanceId);
    if (!instances.remove(instanceId, seenBeat)) return false;
    settlement.putBackAll(instanceId);
    for (const consumer of consumers) passOn(consumer.queue, consumer.id);
    return true;
  }

  return {
    id: () => id,
    isOwn: (row) => row.busKey === self.busKey,
    isMember: () => instances.exists(id),
    join: () => instances.insert(self),
    adopt(newId) {
      id = newId;
    },
    beat() {
      instances.beat(id);
      return instances.list();
    },
    clearAway: (row) => remove(row.id, row.beat),
    leave() {
      const own = instances.list().find((row) => row.id === id);
      if (own !== undefined) remove(id, own.beat);
    },
    addConsumer(queue, instanceId = id) {
      const consumerId = instances.addConsumer(instanceId, queue);
      statements.becomeActive(consumerId, queue);
      return consumerId;
    },
    removeConsumer(consumerId, queue) {
      instances.removeConsumer(consumerId);
      passOn(queue, consumerId);
    },
  };
}
