import type { DatabaseSync } from 'node:sqlite';
import { isOutsideTrouble, preparing } from '@parley/sqlite';
import type { EnvelopeRow } from './envelope-rows.ts';
import { STATE } from './schema.ts';

/** What the file says of a queue to somebody who would take from it. */
export interface QueueView {
  readonly id: number;
  readonly is_single_active: 0 | 1;
  readonly active_consumer: number | null;
  readonly has_ready: 0 | 1;
}

/** An envelope that may be missing: all its columns are null when another program left a message without one. */
type FoundEnvelope = EnvelopeRow | { readonly [column in keyof EnvelopeRow]: null };

export type ReadyRow = FoundEnvelope & { readonly id: number; readonly redeliveries: number };
export type StoredMessage = FoundEnvelope & { readonly queue: string };

/** Every statement on messages and queues, prepared once. Each returns plain rows or the number of rows it changed. */
export type Statements = ReturnType<typeof prepareStatements>;

const ENVELOPE_COLUMNS = 'message_id, correlation_id, type, timestamp, headers, body';

export function prepareStatements(database: DatabaseSync) {
  const { one, all, change } = preparing(database);
  const insertMessage = database.prepare(
    'INSERT INTO messages (queue_id) SELECT id FROM queues WHERE name = ?',
  );
  const insertEnvelope = database.prepare(
    `INSERT INTO envelopes (id, ${ENVELOPE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );

  const remove = change('DELETE FROM messages WHERE id = ?');

  return {
    declareQueue: change(`
      INSERT INTO queues (name, is_single_active) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET is_single_active = excluded.is_single_active`),
    deleteQueue: change('DELETE FROM queues WHERE name = ?'),
    bind: change(`
      INSERT INTO bindings (channel, type, queue_id) SELECT ?, ?, id FROM queues WHERE name = ?
      ON CONFLICT DO NOTHING`),
    /** The names of the queues that want events of this type. */
    boundTo: all<{ name: string }>(`
      SELECT DISTINCT name FROM bindings JOIN queues ON queues.id = queue_id
      WHERE channel = ? AND type IN (?, '*')`),
    viewQueue: one<QueueView>(`
      SELECT id, is_single_active, active_consumer,
        EXISTS (SELECT 1 FROM messages WHERE queue_id = queues.id AND state = ${STATE.ready}) AS has_ready
      FROM queues WHERE name = ?`),
    /** Gives a single-active queue that has no living active consumer this one. */
    becomeActive: change(`
      UPDATE queues SET active_consumer = ?
      WHERE name = ? AND is_single_active = 1
        AND (active_consumer IS NULL OR active_consumer NOT IN (SELECT id FROM consumers WHERE queue = queues.name))`),
    /** The consumer that waits longest becomes the active one; nobody, when none is there. */
    passOn: change(`
      UPDATE queues SET active_consumer = (SELECT min(id) FROM consumers WHERE queue = queues.name)
      WHERE name = ? AND active_consumer = ?`),

    /** The id of the new message, undefined when there is no such queue. */
    insert(queue: string, row: EnvelopeRow): number | undefined {
      const inserted = insertMessage.run(queue);
      if (inserted.changes === 0) return undefined;
      const id = Number(inserted.lastInsertRowid);
      const { message_id, correlation_id, type, timestamp, headers, body } = row;
      try {
        insertEnvelope.run(id, message_id, correlation_id, type, timestamp, headers, body);
      } catch (error) {
        // The group goes on without this message. In outside trouble there is no transaction left to go on with.
        if (!isOutsideTrouble(error)) remove(id);
        throw error;
      }
      return id;
    },
    read: one<StoredMessage>(`
      SELECT queues.name AS queue, ${ENVELOPE_COLUMNS}
      FROM messages JOIN queues ON queues.id = messages.queue_id LEFT JOIN envelopes ON envelopes.id = messages.id
      WHERE messages.id = ?`),
    oldestReady: all<ReadyRow>(`
      SELECT messages.id AS id, redeliveries, ${ENVELOPE_COLUMNS}
      FROM messages LEFT JOIN envelopes ON envelopes.id = messages.id
      WHERE queue_id = ? AND state = ${STATE.ready} ORDER BY messages.id LIMIT ?`),
    /** Takes what is ready in the queue up to and with this id. */
    handOut: change(`
      UPDATE messages SET state = ${STATE.inHand}, owner = ?
      WHERE queue_id = ? AND state = ${STATE.ready} AND id <= ?`),
    acknowledge: change('DELETE FROM messages WHERE id = ? AND owner = ? AND redeliveries = ?'),
    isInHand: one<{ id: number }>(
      `SELECT id FROM messages WHERE id = ? AND owner = ? AND redeliveries = ? AND state = ${STATE.inHand}`,
    ),
    delay: change(
      `UPDATE messages SET state = ${STATE.delayed}, redeliveries = redeliveries + 1 WHERE id = ?`,
    ),
    putBack: change(`
      UPDATE messages SET state = ${STATE.ready}, owner = NULL, redeliveries = redeliveries + 1 WHERE id = ?`),
    endDelay: change(`
      UPDATE messages SET state = ${STATE.ready}, owner = NULL
      WHERE id = ? AND owner = ? AND state = ${STATE.delayed}`),
    remove,
    ofOwner: all<{ id: number; queue: string; state: number; redeliveries: number }>(`
      SELECT messages.id AS id, queues.name AS queue, state, redeliveries
      FROM messages JOIN queues ON queues.id = messages.queue_id WHERE owner = ? ORDER BY messages.id`),
    purge: change(`
      DELETE FROM messages
      WHERE queue_id = (SELECT id FROM queues WHERE name = ?) AND state IN (${STATE.ready}, ${STATE.delayed})`),
    depths: all<{ name: string; ready: number; unacknowledged: number; consumers: number }>(`
      SELECT name,
        (SELECT count(*) FROM messages WHERE queue_id = queues.id AND state = ${STATE.ready}) +
        (SELECT count(*) FROM messages WHERE queue_id = queues.id AND state = ${STATE.delayed}) AS ready,
        (SELECT count(*) FROM messages WHERE queue_id = queues.id AND state = ${STATE.inHand}) AS unacknowledged,
        (SELECT count(*) FROM consumers WHERE queue = queues.name) AS consumers
      FROM queues ORDER BY id`),

    fillRoom: change('INSERT INTO room_probe (filling) VALUES (zeroblob(?))'),
    emptyRoom: change('DELETE FROM room_probe'),
  };
}
