import { HEADERS } from '@parley/shared-models';
import type { ConsumeMessage, Message, Options } from 'amqplib';
import { z } from 'zod';
import { BATCH_TYPE, decodeBatch } from '../batch.ts';
import type { Envelope } from '../message-bus.ts';

/** AMQP's own timestamp has only seconds; this has the milliseconds. Only in packed headers: elsewhere nobody reads it. */
const SENT_AT = 'sent-at';
/** All headers of an envelope as one, in JSON: each header of its own costs a microsecond to write and one to read. */
const PACKED = 'packed';
/** Keeps the unreadable packed headers on the dead letter of their message. */
const UNREADABLE = 'packed-unreadable';
/** Headers that RabbitMQ adds and that mean nothing to code that replays or forwards the message. */
const FROM_RABBITMQ = /^x-(?:death$|first-death-|last-death-|delivery-count$|acquired-count$|opt-)/;

/** The contents of `packed`. Values of other types are passed over, as those of plain headers are. */
const Packed = z.record(z.string(), z.unknown());

/** The reason to reject a message without an id or a type, or with packed headers that cannot be read. */
export const NO_ENVELOPE = 'It has no message id or no type, or its packed headers are no JSON object.';

export interface Wrapping {
  /** Whether a message that reaches no queue comes back. */
  readonly isMandatory: boolean;
  /** Whether its headers travel as one. */
  readonly isPacked: boolean;
}

export function toProperties(envelope: Envelope, { isMandatory, isPacked }: Wrapping): Options.Publish {
  const { messageId, correlationId, type, timestamp, headers } = envelope;
  return {
    persistent: true,
    mandatory: isMandatory,
    contentType: 'application/json',
    messageId,
    type,
    timestamp: Math.floor(timestamp / 1000),
    headers: isPacked ? { [PACKED]: JSON.stringify({ ...headers, [SENT_AT]: timestamp }) } : headers,
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** @param messageId that of its first item, by which it is known when it comes back */
export function batchProperties(messageId: string): Options.Publish {
  return {
    persistent: true,
    mandatory: true,
    contentType: 'application/octet-stream',
    messageId,
    type: BATCH_TYPE,
  };
}

/** The same bytes, as amqplib wants them. */
export function toBuffer(body: Uint8Array): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** One message as it was read: an envelope, or the remains of a malformed one, so that an operator can be shown it. */
export type Received =
  | { readonly envelope: Envelope }
  | { readonly salvaged: Envelope; readonly reason: string };

/** @param newId makes the id of a message that has none */
export function fromMessage({ properties, content }: Message, newId: () => string): Received {
  const { messageId, type, correlationId } = properties;
  const raw: Record<string, unknown> = properties.headers ?? {};
  const unpacked = PACKED in raw ? unpack(raw[PACKED]) : undefined;
  const isMalformed = PACKED in raw && unpacked === undefined;
  const own = unpacked ?? raw;
  const death = deathByRabbitMq(raw);
  const envelope: Envelope = {
    messageId: isText(messageId) ? messageId : newId(),
    type: isText(type) ? type : 'unknown',
    timestamp: timestampOf(own[SENT_AT], properties.timestamp),
    headers: headersOf(own, death),
    body: content,
    ...(isText(correlationId) ? { correlationId } : {}),
  };
  if (isText(messageId) && isText(type) && !isMalformed) return { envelope };
  return { salvaged: envelope, reason: NO_ENVELOPE };
}

export const isBatch = ({ properties }: Message): boolean => properties.type === BATCH_TYPE;

/** The items of a batch, in order; of one that RabbitMQ dead-lettered, each as a dead letter of its own. */
export function itemsOf({ properties, content }: Message, newId: () => string): Received[] {
  const death = deathByRabbitMq(properties.headers ?? {});
  return decodeBatch(content).map((item) => {
    if (!('envelope' in item)) {
      const { malformed: body, reason } = item;
      const salvaged = {
        messageId: newId(),
        type: 'unknown',
        timestamp: Date.now(),
        headers: { ...death },
        body,
      };
      return { salvaged, reason };
    }
    if (death === undefined) return item;
    return { envelope: { ...item.envelope, headers: { ...item.envelope.headers, ...death } } };
  });
}

/** How often RabbitMQ handed the message out before. */
export function redeliveriesOf({ properties, fields }: ConsumeMessage): number {
  const headers: Record<string, unknown> = properties.headers ?? {};
  // From 4.0 on the first counts failures only, and the second also messages that came back from a lost consumer.
  const returned = Math.max(countOf(headers['x-delivery-count']), countOf(headers['x-acquired-count']));
  return returned === 0 && fields.redelivered ? 1 : returned;
}

function unpack(packed: unknown): Record<string, unknown> | undefined {
  try {
    return Packed.parse(JSON.parse(String(packed)));
  } catch {
    return undefined;
  }
}

function headersOf(
  raw: Record<string, unknown>,
  death: Record<string, string> | undefined,
): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  for (const name in raw) {
    const value = raw[name];
    if (name === SENT_AT || FROM_RABBITMQ.test(name)) continue;
    if (typeof value === 'string' || typeof value === 'number')
      headers[name === PACKED ? UNREADABLE : name] = value;
  }
  return death === undefined ? headers : { ...headers, ...death };
}

/** RabbitMQ's own account of a death, in the words of the protocol. */
function deathByRabbitMq(raw: Record<string, unknown>): Record<string, string> | undefined {
  const firstReason = raw['x-first-death-reason'];
  if (typeof firstReason !== 'string') return undefined;
  const reason = String(raw['x-last-death-reason'] ?? firstReason);
  const queue = String(raw['x-last-death-queue'] ?? raw['x-first-death-queue'] ?? '');
  return {
    [HEADERS.deathReason]: reason,
    [HEADERS.deathMessage]:
      reason === 'delivery_limit' ? DELIVERY_LIMIT_SENTENCE : `RabbitMQ dead-lettered it: ${reason}.`,
    [HEADERS.deathQueue]: queue,
  };
}

export const DELIVERY_LIMIT_SENTENCE = 'It was handed out too often without being finished.';

function timestampOf(sentAt: unknown, seconds: unknown): number {
  if (typeof sentAt === 'number') return sentAt;
  return typeof seconds === 'number' ? seconds * 1000 : Date.now();
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
