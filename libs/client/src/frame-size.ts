import { LIMITS } from '@parley/shared-models';

/** Whether the server would close the connection because of the size of this frame. */
export function isTooLarge(text: string): boolean {
  // A UTF-16 code unit takes at most three bytes of UTF-8, so the length alone decides for nearly every text.
  if (text.length * 3 <= LIMITS.frameBytes) return false;
  return new TextEncoder().encode(text).length > LIMITS.frameBytes;
}
