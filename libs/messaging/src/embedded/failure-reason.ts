import { outsideTrouble } from '@parley/sqlite';

/** One sentence for an operator. */
export function reasonOf(error: unknown): string {
  const text = messageOf(error);
  const trouble = outsideTrouble(error);
  return trouble === undefined ? text : `${trouble} (${text})`;
}

export function messageOf(error: unknown): string {
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
  return String(hasMessage ? error.message : error);
}
