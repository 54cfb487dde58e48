import type { DatabaseSync } from 'node:sqlite';
import { readQueueHeaders } from '@parley/shared-models';
import { isOutsideTrouble, preparing } from '@parley/sqlite';
import { z } from 'zod';
import { BATCH_TYPE, type BatchItem, decodeBatch, isStorable } from '../batch.ts';
import type { Envelope } from '../message-bus.ts';
import { STATE } from './schema.ts';

/** An envelope that may be missing: all its columns are null when another program left a message without one. */
type FoundEnvelope = EnvelopeRow | { readonly [column in keyof EnvelopeRow]: null };

export interface MessageRow {
  /** The place of its last item. */
  readonly id: number;
  readonly items: number;
  readonly redeliveries: number;
}

export type ReadyRow = FoundEnvelope & MessageRow;
export type StoredMessage = FoundEnvelope &
  MessageRow & { readonly queue_id: number; readonly queue: string; readonly state: number };

/** Every statement on messages and queues, prepared once. Each returns plain rows or the number of rows it changed. */
export type Statements = ReturnType<typeof prepareStatements>;

const ENVELOPE_COLUMNS = 'message_id, correlation_id, type, timestamp, headers, body';

export function prepareStatements(database: DatabaseSync) {
  const { one, all, change } = preparing(database);
  // Ids up to this one are used or reserved.
  const lastId = `coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'messages'), 0)`;
  const append = database.prepare(`INSERT INTO messages (id, queue_id, items) VALUES (${lastId} + ?, ?, ?)`);
  const insertEnvelope = database.prepare(
    `INSERT INTO envelopes (id, ${ENVELOPE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertAt = change(`
    INSERT INTO messages (id, queue_id, state, redeliveries, items) VALUES (?, ?, ?, ?, ?)`);
  const ready = database.prepare(`
    SELECT messages.id AS id, items, redeliveries, ${ENVELOPE_COLUMNS}
    FROM messages LEFT JOIN envelopes ON envelopes.id = messages.id
    WHERE queue_id = ? AND state = ${STATE.ready} ORDER BY messages.id`);
  const remove = change('DELETE FROM messages WHERE id = ?');
  const waiting = `queue_id = (SELECT id FROM queues WHERE name = ?) AND state IN (${STATE.ready}, ${STATE.delayed})`;
  const countWaiting = one<{ items: number }>(
    `SELECT coalesce(sum(items), 0) AS items FROM messages WHERE ${waiting}`,
  );
  const removeWaiting = change(`DELETE FROM messages WHERE ${waiting}`);
  const queueId = one<{ id: number }>('SELECT id FROM queues WHERE name = ?');

  function attachEnvelope(id: number, row: EnvelopeRow): void {
    const { message_id, correlation_id, type, timestamp, headers, body } = row;
    try {
      insertEnvelope.run(id, message_id, correlation_id, type, timestamp, headers, body);
    } catch (error) {
      // The group goes on without this message. In outside trouble there is no transaction left to go on with.
      if (!isOutsideTrouble(error)) remove(id);
      throw error;
    }
  }

  return {
    declareQueue: change('INSERT INTO queues (name) VALUES (?) ON CONFLICT (name) DO NOTHING'),
    deleteQueue: change('DELETE FROM queues WHERE name = ?'),
    /** undefined when there is no such queue. */
    queueId: (name: string): number | undefined => queueId(name)?.id,
    bind: change(`
      INSERT INTO bindings (channel, type, queue_id) SELECT ?, ?, id FROM queues WHERE name = ?
      ON CONFLICT DO NOTHING`),
    /** The queues that want events of this type. */
    boundTo: all<{ id: number; name: string }>(`
      SELECT DISTINCT queues.id AS id, name FROM bindings JOIN queues ON queues.id = queue_id
      WHERE channel = ? AND type IN (?, '*')`),
    hasReady: one<object>(`SELECT 1 FROM messages WHERE queue_id = ? AND state = ${STATE.ready} LIMIT 1`),

    /** At the end of the queue. @param items how many messages the row holds, if it is a batch */
    append(toQueue: number, row: EnvelopeRow, items = 1): void {
      attachEnvelope(Number(append.run(items, toQueue, items).lastInsertRowid), row);
    },
    /** At a place that was reserved. */
    insertAt(
      {
        id,
        queue_id,
        state,
        redeliveries,
        items,
      }: MessageRow & { readonly queue_id: number; readonly state: number },
      row: EnvelopeRow,
    ): void {
      insertAt(id, queue_id, state, redeliveries, items);
      attachEnvelope(id, row);
    },
    read: one<StoredMessage>(`
      SELECT messages.id AS id, items, redeliveries, queue_id, state, queues.name AS queue, ${ENVELOPE_COLUMNS}
      FROM messages JOIN queues ON queues.id = messages.queue_id LEFT JOIN envelopes ON envelopes.id = messages.id
      WHERE messages.id = ?`),
    /** The rows that are ready, oldest first; read while they are iterated over. */
    ready: (ofQueue: number) => ready.iterate(ofQueue) as Iterable<unknown> as Iterable<ReadyRow>,
    /** Takes the ready rows of the queue up to and with this id. */
    handOut: change(`
      UPDATE messages SET state = ${STATE.inHand}
      WHERE queue_id = ? AND state = ${STATE.ready} AND id <= ?`),
    isInHand: one<{ id: number }>(`SELECT id FROM messages WHERE id = ? AND state = ${STATE.inHand}`),
    delay: change(
      `UPDATE messages SET state = ${STATE.delayed}, redeliveries = redeliveries + 1 WHERE id = ?`,
    ),
    putBack: change(`
      UPDATE messages SET state = ${STATE.ready}, redeliveries = redeliveries + 1 WHERE id = ?`),
    endDelay: change(`
      UPDATE messages SET state = ${STATE.ready} WHERE id = ? AND state = ${STATE.delayed}`),
    remove,
    /** The rows that are handed out or delayed, of all queues. */
    taken: all<MessageRow & { queue: string; state: number }>(`
      SELECT messages.id AS id, items, redeliveries, queues.name AS queue, state
      FROM queues JOIN messages ON queue_id = queues.id AND state IN (${STATE.inHand}, ${STATE.delayed})
      ORDER BY messages.id`),
    /** Returns how many messages went. */
    purge(queue: string): number {
      const items = countWaiting(queue)?.items ?? 0;
      removeWaiting(queue);
      return items;
    },
    depths: all<{ name: string; ready: number; unacknowledged: number }>(`
      SELECT name,
        (SELECT coalesce(sum(items), 0) FROM messages
          WHERE queue_id = queues.id AND state IN (${STATE.ready}, ${STATE.delayed})) AS ready,
        (SELECT coalesce(sum(items), 0) FROM messages
          WHERE queue_id = queues.id AND state = ${STATE.inHand}) AS unacknowledged
      FROM queues ORDER BY id`),

    fillRoom: change('INSERT INTO room_probe (filling) VALUES (zeroblob(?))'),
    emptyRoom: change('DELETE FROM room_probe'),
  };
}

/** A row of `envelopes`, without its id. */
export interface EnvelopeRow {
  readonly message_id: string;
  readonly correlation_id: string | null;
  readonly type: string;
  readonly timestamp: number;
  readonly headers: string;
  readonly body: Uint8Array;
}

/** Other programs may write to the file as well. */
const Row = z.object({
  message_id: z.string().min(1),
  correlation_id: z.string().nullable(),
  type: z.string().min(1),
  timestamp: z.number(),
  headers: z.string().transform((text, context) => {
    const headers = readQueueHeaders(text);
    if (headers === undefined)
      context.addIssue({ code: 'custom', message: 'no object of strings and numbers' });
    return headers ?? {};
  }),
  body: z.instanceof(Uint8Array),
});

export function rowOf(envelope: Envelope): EnvelopeRow {
  return {
    message_id: envelope.messageId,
    correlation_id: envelope.correlationId ?? null,
    type: envelope.type,
    timestamp: envelope.timestamp,
    headers: JSON.stringify(envelope.headers),
    body: envelope.body,
  };
}

/** @param body as `encodeBatch` wrote it */
export function rowOfBatch(first: Envelope, body: Uint8Array): EnvelopeRow {
  const { messageId, timestamp } = first;
  return {
    message_id: messageId,
    correlation_id: null,
    type: BATCH_TYPE,
    timestamp,
    headers: '{}',
    body,
  };
}

/** The messages of a row, in order: one, or those of a batch. */
export function itemsOf(row: {
  readonly type: unknown;
  readonly body: unknown;
  readonly items: number;
}): BatchItem[] {
  const body = row.body instanceof Uint8Array ? row.body : new Uint8Array();
  if (row.type === BATCH_TYPE) {
    const items = decodeBatch(body).map(storable);
    return items.length <= row.items ? items : [{ malformed: body, reason: 'a batch with too many items' }];
  }
  const { data, error } = Row.safeParse(row);
  return [data === undefined ? { malformed: body, reason: `It is no envelope: ${error}` } : envelopeOf(data)];
}

function storable(item: BatchItem): BatchItem {
  if ('malformed' in item || isStorable(item.envelope)) return item;
  return { malformed: item.envelope.body, reason: 'its time is not a whole number, or it is a batch itself' };
}

function envelopeOf({
  message_id,
  correlation_id,
  type,
  timestamp,
  headers,
  body,
}: z.infer<typeof Row>): BatchItem {
  const correlation = correlation_id === null ? {} : { correlationId: correlation_id };
  return { envelope: { messageId: message_id, ...correlation, type, timestamp, headers, body } };
}
