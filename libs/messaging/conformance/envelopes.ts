import { newId } from '@parley/shared-models';
import type { Envelope } from '../src/message-bus.ts';

/** An envelope as the server would send it; its body is the text. */
export function envelopeOf(text: string, overrides: Partial<Envelope> = {}): Envelope {
  return {
    messageId: newId(),
    type: 'chat.message',
    timestamp: Date.now(),
    headers: { conversation: 'c-1', attempt: 0 },
    body: new TextEncoder().encode(text),
    ...overrides,
  };
}

export const textOf = ({ body }: { body: Uint8Array }): string => new TextDecoder().decode(body);

/** `['0', '1', …]` */
export const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(index));
