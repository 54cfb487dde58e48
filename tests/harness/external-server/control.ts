/** What a test may ask of the external server; it does it to every connection it has. */
export type Command =
  | { readonly do: 'text' | 'binary' | 'ping'; readonly data: string }
  /** Bytes that need not be WebSocket at all. */
  | { readonly do: 'bytes'; readonly hex: string }
  | { readonly do: 'drop' | 'stop-reading' }
  | { readonly do: 'close'; readonly code: number }
  /** Many frames at once; `#` in the data becomes the number of each. */
  | { readonly do: 'flood'; readonly data: string; readonly count: number }
  /** From now on everything received goes back to everybody. */
  | { readonly do: 'echo' };

/** What the external server tells. */
export type Happening =
  | { readonly event: 'connected'; readonly path: string }
  | { readonly event: 'received' | 'pong'; readonly data: string }
  | { readonly event: 'disconnected'; readonly code: number }
  /** The last command was done. */
  | { readonly event: 'done' };
