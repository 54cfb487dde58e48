/**
 * The used part of a WebSocket. The classes of browsers, of Node and of `ws` have it, so this package needs the types of
 * no specific class.
 */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Only in `ws`: ends the connection without the closing handshake. */
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

/** The WebSocket of the browser or of Node ≥ 22. @throws Error when there is no such class: pass one as an option. */
export function globalWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found === undefined) throw new Error('there is no global WebSocket: pass the option `webSocket`');
  return found;
}
