/** Size of one answer, at most, well below gRPC's limit, in bytes. */
const ANSWER_BYTES = 900 * 1024;

/** As many of the first items as one answer may hold; at least one. */
export function fitAnswer<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limit: number = ANSWER_BYTES,
): readonly T[] {
  let bytes = 0;
  const end = items.findIndex((item, index) => {
    bytes += bytesOf(item);
    return index > 0 && bytes > limit;
  });
  return end === -1 ? items : items.slice(0, end);
}

/** As many of the last items, which count most. */
export const fitNewest = <T>(items: readonly T[], bytesOf: (item: T) => number): readonly T[] =>
  fitAnswer(items.toReversed(), bytesOf).toReversed();
