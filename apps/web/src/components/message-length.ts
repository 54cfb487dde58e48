import { LIMITS } from '@parley/shared-models';

const MOST = LIMITS.textLength;
const written = (count: number): string => count.toLocaleString('en');

/** The used part of the maximum length, as a text, when the text comes near the limit; undefined before. */
export function lengthNote(text: string): string | undefined {
  const { length } = text.trim();
  return length > MOST * 0.9 && length <= MOST
    ? `${written(length)} of ${written(MOST)} characters`
    : undefined;
}

/** Tells the person that the message is too long, and what to do; undefined when it is short enough. */
export function lengthProblem(text: string): string | undefined {
  const { length } = text.trim();
  if (length <= MOST) return undefined;
  return `${written(length)} characters, and a message takes ${written(MOST)}: take ${written(length - MOST)} out, or send it in parts.`;
}
