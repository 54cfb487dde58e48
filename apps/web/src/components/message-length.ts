import { LIMITS } from '@parley/shared-models';

const MOST = LIMITS.textLength;
const written = (count: number): string => count.toLocaleString('en');

/** How much of a message's room is taken, once that matters; undefined before. */
export function lengthNote(text: string): string | undefined {
  const { length } = text.trim();
  return length > MOST * 0.9 && length <= MOST
    ? `${written(length)} of ${written(MOST)} characters`
    : undefined;
}

/** Why a message is too long to be sent, and what to do; undefined when it is not. */
export function lengthProblem(text: string): string | undefined {
  const { length } = text.trim();
  if (length <= MOST) return undefined;
  return `${written(length)} characters, and a message takes ${written(MOST)}: take ${written(length - MOST)} out, or send it in parts.`;
}
