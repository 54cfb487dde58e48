import type { Removal, RemovalQuery } from '../ports/retention.ts';

/** One of those that were looked at. `key`: its place in the order. */
export interface RemovalRow {
  readonly key: string | number;
  readonly is_due: boolean | number;
  readonly bytes: number;
}

export const dueKeys = (rows: readonly RemovalRow[]): (string | number)[] =>
  rows.filter(({ is_due }) => Boolean(is_due)).map(({ key }) => key);

/** What became of a page. @param removed the keys of those that were removed */
export function removalOf(
  rows: readonly RemovalRow[],
  removed: ReadonlySet<string | number>,
  { limit }: RemovalQuery,
): Removal {
  const last = rows.at(-1);
  return {
    removed: removed.size,
    bytes: rows.reduce((sum, { key, bytes }) => sum + (removed.has(key) ? bytes : 0), 0),
    ...(rows.length < limit || last === undefined ? {} : { next: String(last.key) }),
  };
}
