/** Secrets that all servers of one store share. Errors as in `Store`. */
export interface SecretStore {
  /** The secret of this name; the first caller ever makes it, at random. */
  getOrCreate(name: string): Promise<string>;
}
