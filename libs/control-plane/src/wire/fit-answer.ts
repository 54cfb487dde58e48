import { ANSWER_BYTES } from './agent-services.ts';

/** As many of the first items as one answer may hold; at least one. */
export function fitAnswer<T>(items: readonly T[], bytesOf: (item: T) => number): readonly T[] {
  let bytes = 0;
  const end = items.findIndex((item, index) => {
    bytes += bytesOf(item);
    return index > 0 && bytes > ANSWER_BYTES;
  });
  return end === -1 ? items : items.slice(0, end);
}
