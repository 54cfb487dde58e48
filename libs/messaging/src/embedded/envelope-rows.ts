import { z } from 'zod';
import { BATCH_TYPE, type BatchItem, decodeBatch, Headers } from '../batch.ts';
import type { Envelope } from '../message-bus.ts';

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
    const headers = readHeaders(text);
    if (headers === undefined)
      context.addIssue({ code: 'custom', message: 'no object of strings and numbers' });
    return headers ?? {};
  }),
  body: z.instanceof(Uint8Array),
});

/** Whether the envelope fits into a row. */
export const isStorable = ({ timestamp, type }: Envelope): boolean =>
  Number.isSafeInteger(timestamp) && timestamp >= 0 && type !== BATCH_TYPE;

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

/** What a row holds, in order: one message, or those of a batch. */
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

/** undefined when the text is no JSON of headers */
export function readHeaders(text: string): Envelope['headers'] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return Headers.safeParse(value).data;
}
