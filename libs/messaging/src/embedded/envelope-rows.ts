import { z } from 'zod';
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

const Headers = z.record(z.string(), z.union([z.string(), z.number()]));

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

/** @throws ZodError when the row holds no envelope */
export function envelopeOf(row: object): Envelope {
  const { message_id, correlation_id, type, timestamp, headers, body } = Row.parse(row);
  return {
    messageId: message_id,
    ...(correlation_id === null ? {} : { correlationId: correlation_id }),
    type,
    timestamp,
    headers,
    body,
  };
}

/** undefined when the text is no JSON of headers */
export function readHeaders(text: string): Record<string, string | number> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return Headers.safeParse(value).data;
}
