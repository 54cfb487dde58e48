import { type Envelope, Reject } from '@parley/messaging';
import type { z } from 'zod';

/** The body of a queue message. @throws Reject `malformed_message`: it goes to the dead letters, the consumer goes on */
export function parseBody<T>(envelope: Envelope, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(envelope.body).toString('utf8')));
  } catch (cause) {
    throw new Reject('malformed_message', `the body is no ${envelope.type}`, { cause });
  }
}

export function stringHeader(envelope: Envelope, name: string): string | undefined {
  const value = envelope.headers[name];
  return value === undefined ? undefined : String(value);
}

export function integerHeader(envelope: Envelope, name: string): number {
  const value = Number(envelope.headers[name] ?? 0);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Reject('malformed_message', `the header "${name}" is no whole number`);
  }
  return value;
}
