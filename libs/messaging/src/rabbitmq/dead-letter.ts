import { HEADERS } from '@parley/shared-models';
import type { Envelope } from '../message-bus.ts';

/** RabbitMQ's table of headers has room for 64 KiB; a stack trace must not use it up. */
const MAX_SENTENCE = 1000;

export interface Death {
  /** An `ErrorCode`. */
  readonly reason: string;
  readonly message: string;
}

/** The envelope as it lies in the dead letters: id, body and headers as they were, and why and where it died. */
export function deadLetterOf(envelope: Envelope, queue: string, { reason, message }: Death): Envelope {
  return {
    ...envelope,
    headers: {
      ...envelope.headers,
      [HEADERS.deathReason]: reason,
      [HEADERS.deathMessage]: message.slice(0, MAX_SENTENCE),
      [HEADERS.deathQueue]: queue,
    },
  };
}
