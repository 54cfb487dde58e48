import { QueueHeaders } from '@parley/shared-models';
import { z } from 'zod';
import type { Envelope } from './message-bus.ts';

/**
 * The type of a message that carries several: those published to one queue while the publish before them was under way.
 * Its items stand one behind the other, each as the length of its head and that of its body (32 bits each, big-endian),
 * the head (JSON of an `Envelope` without its body) and the body. Drivers make batches and take them apart; handlers
 * never see one.
 */
export const BATCH_TYPE = 'batch';

/** Bounds of one batch. A message that is larger than `bytes` by itself travels alone. */
export const BATCH_LIMITS = { items: 64, bytes: 256 * 1024 } as const;

const LENGTHS_BYTES = 8;

/** Whether the embedded queue can hold it. */
export const isStorable = ({ timestamp, type }: Envelope): boolean =>
  Number.isSafeInteger(timestamp) && timestamp >= 0 && type !== BATCH_TYPE;

const Head = z.object({
  messageId: z.string().min(1),
  correlationId: z.string().optional(),
  type: z.string().min(1),
  timestamp: z.number(),
  headers: QueueHeaders,
});

/** One item as it was read: an envelope, or the bytes of a malformed one. */
export type BatchItem =
  | { readonly envelope: Envelope }
  | { readonly malformed: Uint8Array; readonly reason: string };

/**
 * A batch of the first of these envelopes, as many as `BATCH_LIMITS` allow.
 * @param envelopes at least one; of one that is too large by itself, `count` is 1
 */
export function encodeBatch(envelopes: readonly Envelope[]): { content: Buffer; count: number } {
  const heads: string[] = [];
  let bytes = 0;
  for (const { messageId, correlationId, type, timestamp, headers, body } of envelopes) {
    const head = JSON.stringify({ messageId, correlationId, type, timestamp, headers });
    const more = LENGTHS_BYTES + Buffer.byteLength(head) + body.byteLength;
    if (heads.length === BATCH_LIMITS.items || (heads.length > 0 && bytes + more > BATCH_LIMITS.bytes)) break;
    heads.push(head);
    bytes += more;
  }
  const content = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const [index, head] of heads.entries()) {
    const body = envelopes[index]?.body ?? new Uint8Array();
    const headBytes = content.write(head, at + LENGTHS_BYTES, 'utf8');
    content.writeUInt32BE(headBytes, at);
    content.writeUInt32BE(body.byteLength, at + 4);
    content.set(body, at + LENGTHS_BYTES + headBytes);
    at += LENGTHS_BYTES + headBytes + body.byteLength;
  }
  return { content, count: heads.length };
}

/**
 * The items of a batch, in order. An item whose head is malformed is reported as such, and the others stand; where a
 * length leads beyond the end, the rest is one malformed item. Bodies share the memory of `bytes`.
 */
export function decodeBatch(bytes: Uint8Array): BatchItem[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: BatchItem[] = [];
  for (let at = 0; at < buffer.byteLength; ) {
    const rest = buffer.byteLength - at - LENGTHS_BYTES;
    const headBytes = rest < 0 ? 0 : buffer.readUInt32BE(at);
    const bodyBytes = rest < 0 ? 0 : buffer.readUInt32BE(at + 4);
    if (rest < 0 || headBytes + bodyBytes > rest || items.length === BATCH_LIMITS.items) {
      items.push({ malformed: buffer.subarray(at), reason: 'the batch is cut off, or has too many items' });
      break;
    }
    const headAt = at + LENGTHS_BYTES;
    const end = headAt + headBytes + bodyBytes;
    items.push(itemOf(buffer.subarray(headAt, headAt + headBytes), buffer.subarray(headAt + headBytes, end)));
    at = end;
  }
  return items;
}

/** The bytes that the first `count` items take. @param batch with that many items that are not cut off */
export function lengthOfItems(batch: Uint8Array, count: number): number {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  let at = 0;
  for (let item = 0; item < count; item++) at += LENGTHS_BYTES + view.getUint32(at) + view.getUint32(at + 4);
  return at;
}

function itemOf(head: Buffer, body: Buffer): BatchItem {
  try {
    const { correlationId, ...fields } = Head.parse(JSON.parse(head.toString('utf8')));
    return { envelope: { ...fields, ...(correlationId === undefined ? {} : { correlationId }), body } };
  } catch (error) {
    return {
      malformed: Buffer.concat([head, body]),
      reason: `the head of an item is malformed: ${String(error)}`,
    };
  }
}
