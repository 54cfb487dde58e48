/** A connection, as those see it that send it texts. */
export interface Reader {
  /** Whether it can still get anything; a reader that has gone must not begin to follow. */
  isOpen(): boolean;
  /** Sends a frame; does nothing when the connection is closed. */
  send(text: string): void;
  /** Resolves when what was sent so far has left this process, or never will. */
  flushed(): Promise<void>;
}
