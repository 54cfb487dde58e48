interface MaybeEventTarget {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/**
 * Calls `listener` when the browser is back on the network; does nothing where there is no such event (Node).
 * @returns the function that stops it
 */
export function onOnline(listener: () => void): () => void {
  const target = globalThis as MaybeEventTarget;
  target.addEventListener?.('online', listener);
  return () => target.removeEventListener?.('online', listener);
}
