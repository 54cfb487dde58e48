/** Tokens that count no more before their end, by their ids. Errors as in `Store`. */
export interface RevokedTokenStore {
  /** For good. Idempotent. */
  add(tokenId: string): Promise<void>;
  list(): Promise<string[]>;
}
