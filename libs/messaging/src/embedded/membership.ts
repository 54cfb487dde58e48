import type { DatabaseSync } from 'node:sqlite';
import { preparing } from '@parley/sqlite';
import type { ProcessIdentity } from './process-identity.ts';
import type { Doorbell } from './publishing.ts';
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

/** One open bus, in this process or another. */
export interface InstanceRow extends ProcessIdentity {
  /** Given at registration; an instance that lost its row registers again and gets a larger one. */
  readonly id: number;
  /** Stays the same over registrations. */
  readonly busKey: string;
  /** Where its socket listens, see peer-address.ts; null when it has none. */
  readonly address: string | null;
  /** What one must show to be let in at its socket. */
  readonly secret: string;
  /** Grows while the instance lives. */
  readonly beat: number;
}

type NewInstance = Omit<InstanceRow, 'id' | 'beat'>;

/** Statements on instances and their consumers. */
type InstanceStatements = ReturnType<typeof prepareInstanceStatements>;

export function prepareInstanceStatements(database: DatabaseSync) {
  const { one, all, change } = preparing(database);
  const exists = one('SELECT 1 FROM instances WHERE id = ?');
  const insert = database.prepare(`
    INSERT INTO instances (bus_key, machine, pid, process_start, address, secret) VALUES (?, ?, ?, ?, ?, ?)`);
  const beat = change('UPDATE instances SET beat = beat + 1 WHERE id = ?');
  // Only if it did not beat since it was judged.
  const remove = change('DELETE FROM instances WHERE id = ? AND beat = ?');
  const addConsumer = database.prepare('INSERT INTO consumers (instance_id, queue) VALUES (?, ?)');
  const removeConsumer = change('DELETE FROM consumers WHERE id = ?');

  return {
    exists: (id: number): boolean => exists(id) !== undefined,
    insert({ busKey, machine, pid, processStart, address, secret }: NewInstance): number {
      return Number(insert.run(busKey, machine, pid, processStart, address, secret).lastInsertRowid);
    },
    beat: (id: number): void => {
      beat(id);
    },
    list: all<InstanceRow>(`
      SELECT id, bus_key AS busKey, machine, pid, process_start AS processStart, address, secret, beat
      FROM instances ORDER BY id`),
    remove: (id: number, seenBeat: number): boolean => remove(id, seenBeat) === 1,
    addConsumer: (instanceId: number, queue: string): number =>
      Number(addConsumer.run(instanceId, queue).lastInsertRowid),
    removeConsumer: (id: number): void => {
      removeConsumer(id);
    },
    consumersOf: all<{ id: number; queue: string }>('SELECT id, queue FROM consumers WHERE instance_id = ?'),
  };
}
