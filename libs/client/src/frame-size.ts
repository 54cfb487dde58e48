import { LIMITS } from '@parley/shared-models';

/** Whether the server would close the connection over a frame of this text. */
export function isTooLarge(text: string): boolean {
  // No UTF-16 code unit takes more than three bytes of UTF-8, so nearly every text is settled by its length.
  if (text.length * 3 <= LIMITS.frameBytes) return false;
  return new TextEncoder().encode(text).length > LIMITS.frameBytes;
}
