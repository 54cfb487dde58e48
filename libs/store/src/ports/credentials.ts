/** Tokens that count no more before their end, by their ids. Errors as in `Store`. */
export interface RevokedTokenStore {
  /** For good. Idempotent. */
  add(tokenId: string): Promise<void>;
  list(): Promise<string[]>;
}

/** Secrets that all servers of one store share. Errors as in `Store`. */
export interface SecretStore {
  /** The secret of this name; the first caller ever makes it, at random. */
  getOrCreate(name: string): Promise<string>;
}
