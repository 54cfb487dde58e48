import type { JsonValue } from '@parley/shared-models';
import type { z } from 'zod';

/** An agent's value of a key at one time. */
export interface MemoryVersion {
  /** `undefined`: it was deleted. */
  readonly value: JsonValue | undefined;
  /** From 1, one more with each change of the key. */
  readonly version: number;
  /** ISO 8601, in UTC. */
  readonly updatedAt: string;
}

/**
 * An agent's memory about the person who asks, shared by all instances of its group and kept across restarts. A value is
 * anything that JSON can say, at most 256 KiB; a key has 1 to 256 characters.
 *
 * Changes are made once for each message: when a message is handled again (the process died half-way), the change with
 * the same key in the same place of the handler's order is not made again, and returns the same result as then.
 */
export interface AgentMemory {
  get(key: string): Promise<JsonValue | undefined>;
  /** @throws ParleyError `agent_failed` when the remembered value does not fit the schema */
  get<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined>;
  /** The value with its version, 0 when there never was one. */
  read<T>(key: string, schema: z.ZodType<T>): Promise<{ value: T | undefined; version: number }>;
  /**
   * Returns the remembered value: when the message is handled again, that is the value put then.
   * @throws ParleyError `id_conflict` when the key has another version than `expectedVersion`
   */
  put(
    key: string,
    value: JsonValue,
    options?: { readonly expectedVersion?: number },
  ): Promise<{ value: JsonValue; version: number }>;
  /**
   * Reads, changes and puts; does so again when another one has changed it meanwhile, so `change` must be pure.
   * Returns the new value.
   */
  update<T>(key: string, schema: z.ZodType<T>, change: (current: T | undefined) => T): Promise<T>;
  /** @throws as `put` */
  delete(key: string, options?: { readonly expectedVersion?: number }): Promise<void>;
  /** Newest first, the present value included. `limit` 1 to 1000. @default 100 */
  history(key: string, options?: { readonly limit?: number }): Promise<readonly MemoryVersion[]>;
  /** The group's own, about nobody in particular. */
  readonly shared: AgentMemory;
}
