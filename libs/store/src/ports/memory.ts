/** The address of a value. Text as in `Store`: characters that no database can hold become U+FFFD. */
export interface MemoryAddress {
  /** The agents that share it. */
  readonly group: string;
  /** The person it is about; `''`: nobody in particular. */
  readonly subject: string;
  readonly key: string;
}

/** A value, as it was at one version. */
export interface MemoryVersion extends MemoryAddress {
  /** JSON text; undefined: there never was one, or it was deleted. */
  readonly value: string | undefined;
  /** From 1, one more with each put and delete; 0: there never was a value. */
  readonly version: number;
  /** ISO 8601; undefined when there never was a value. */
  readonly updatedAt: string | undefined;
  /** Of the write that made it. A driver may have given an id to a write without one. */
  readonly writeId: string | undefined;
}

export interface MemoryWrite extends MemoryAddress {
  /** JSON text; undefined deletes. */
  readonly value: string | undefined;
  /** The version that it must have now, 0: there never was a value. @default any */
  readonly expectedVersion?: number | undefined;
  /** A write with an id that the key has seen changes nothing and returns the version of then. */
  readonly writeId?: string | undefined;
}

/**
 * The memory of agents. Of each key the last `MEMORY_VERSIONS` versions are kept.
 * Errors as in `Store`; writes are atomic and durable when they resolve.
 */
export interface MemoryStore {
  /** The newest version; the one that `writeId` made, if it made one. Never fails for want of a value: version 0. */
  get(address: MemoryAddress, writeId?: string): Promise<MemoryVersion>;
  /**
   * Returns the version that it made. Deleting a value that never was makes no version: 0.
   * @throws ParleyError `id_conflict` when the version is not `expectedVersion`; `details.version` tells which it is
   */
  write(write: MemoryWrite): Promise<MemoryVersion>;
  /** Newest first. */
  history(
    address: MemoryAddress,
    options: { limit: number; beforeVersion?: number | undefined },
  ): Promise<MemoryVersion[]>;
  /** All that any group remembers about a subject now, by group and key. */
  listAbout(subject: string): Promise<MemoryVersion[]>;
}

/** Versions kept of each key; older ones go with the next write. */
export const MEMORY_VERSIONS = 1000;
