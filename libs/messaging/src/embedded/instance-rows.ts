import type { DatabaseSync } from 'node:sqlite';
import { preparing } from '@parley/sqlite';
import type { ProcessIdentity } from './process-identity.ts';

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

export type NewInstance = Omit<InstanceRow, 'id' | 'beat'>;

/** Statements on instances and their consumers. */
export type InstanceStatements = ReturnType<typeof prepareInstanceStatements>;

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
