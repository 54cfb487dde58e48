interface MaybeEventTarget {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

export interface NetworkListeners {
  /** The browser is on the network again. */
  readonly online: () => void;
  /** The browser has no network any more; its WebSockets do not notice. */
  readonly offline: () => void;
}

/**
 * Hears what the browser says of its network; hears nothing where there are no such events (Node).
 * @returns the function that stops it
 */
export function onNetwork({ online, offline }: NetworkListeners): () => void {
  const target = globalThis as MaybeEventTarget;
  target.addEventListener?.('online', online);
  target.addEventListener?.('offline', offline);
  return () => {
    target.removeEventListener?.('online', online);
    target.removeEventListener?.('offline', offline);
  };
}
