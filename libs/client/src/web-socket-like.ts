/**
 * The part of a WebSocket that the client uses. A browser's, Node's and `ws`'s all have it, and so this package
 * needs the types of none of them.
 */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** `ws` has it: ends the connection without the closing handshake. */
  terminate?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

/** The WebSocket of the browser or of Node ≥ 22. @throws Error where there is none: pass one as an option. */
export function globalWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found === undefined) throw new Error('there is no global WebSocket: pass the option `webSocket`');
  return found;
}
