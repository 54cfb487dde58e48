/** What the browser's tab says: `(2) Budget · Parley`. */
export function pageTitle(name: string | undefined, unread: number): string {
  const title = name === undefined || name === '' ? 'Parley' : `${name} · Parley`;
  return unread === 0 ? title : `(${unread}) ${title}`;
}
