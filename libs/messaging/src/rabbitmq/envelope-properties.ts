import { HEADERS } from '@parley/shared-models';
import type { ConsumeMessage, Message, Options } from 'amqplib';
import type { Envelope } from '../message-bus.ts';

/** AMQP's own timestamp has only seconds; this header has the milliseconds. */
const SENT_AT = 'sent-at';
/** Headers that RabbitMQ adds and that say nothing to who replays or forwards the message. */
const FROM_RABBITMQ = /^x-(?:death$|first-death-|last-death-|delivery-count$|acquired-count$|opt-)/;

/** @param isMandatory whether a message that reaches no queue comes back. @default true */
export function toProperties(envelope: Envelope, isMandatory = true): Options.Publish {
  return {
    persistent: true,
    mandatory: isMandatory,
    contentType: 'application/json',
    messageId: envelope.messageId,
    type: envelope.type,
    timestamp: Math.floor(envelope.timestamp / 1000),
    headers: { ...envelope.headers, [SENT_AT]: envelope.timestamp },
    ...(envelope.correlationId === undefined ? {} : { correlationId: envelope.correlationId }),
  };
}

/** The same bytes, as amqplib wants them. */
export function toBuffer(body: Uint8Array): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** The envelope, or undefined when the message is none: it has no id or no type. */
export function fromMessage({ properties, content }: Message): Envelope | undefined {
  const { messageId, type, correlationId } = properties;
  if (!isText(messageId) || !isText(type)) return undefined;
  const raw: Record<string, unknown> = properties.headers ?? {};
  return {
    messageId,
    type,
    timestamp: timestampOf(raw[SENT_AT], properties.timestamp),
    headers: headersOf(raw),
    body: content,
    ...(isText(correlationId) ? { correlationId } : {}),
  };
}

/** What is left of a message that is no envelope, so that the dead letters' reader can be shown it. */
export function salvage({ properties, content }: Message, messageId: string): Envelope {
  const raw: Record<string, unknown> = properties.headers ?? {};
  return {
    messageId: isText(properties.messageId) ? properties.messageId : messageId,
    type: isText(properties.type) ? properties.type : 'unknown',
    timestamp: timestampOf(raw[SENT_AT], properties.timestamp),
    headers: headersOf(raw),
    body: content,
  };
}

/** How often RabbitMQ handed the message out before. */
export function redeliveriesOf({ properties, fields }: ConsumeMessage): number {
  const headers: Record<string, unknown> = properties.headers ?? {};
  // From 4.0 on the first counts failures only, and the second also what came back from a lost consumer.
  const returned = Math.max(countOf(headers['x-delivery-count']), countOf(headers['x-acquired-count']));
  return returned === 0 && fields.redelivered ? 1 : returned;
}

function headersOf(raw: Record<string, unknown>): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  for (const name in raw) {
    const value = raw[name];
    if (name === SENT_AT || FROM_RABBITMQ.test(name)) continue;
    if (typeof value === 'string' || typeof value === 'number') headers[name] = value;
  }
  const diedOf = raw['x-first-death-reason'];
  return typeof diedOf === 'string' ? { ...headers, ...deathByRabbitMq(raw, diedOf) } : headers;
}

/** RabbitMQ's own account of a death, in the words of the protocol. */
function deathByRabbitMq(raw: Record<string, unknown>, firstReason: string): Record<string, string> {
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
