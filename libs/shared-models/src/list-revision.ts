/**
 * How new a server's list of agents is: a random id of the list and a number that grows by one with each change, with a
 * colon between. It goes with what the server tells of its agents and with what it sends to the broker.
 */
export function listRevision(listId: string, changes: number): string {
  return `${listId}:${changes}`;
}

/** Whether a list has all that another one of the same server had. Of two servers' lists that cannot be told: true. */
export function isAsNewAs(known: string, wanted: string): boolean {
  const end = wanted.lastIndexOf(':');
  if (end < 0 || known.slice(0, known.lastIndexOf(':')) !== wanted.slice(0, end)) return true;
  return Number(known.slice(end + 1)) >= Number(wanted.slice(end + 1));
}
