import type { AuditAction, AuditEntry, AuditInput } from '@parley/shared-models';

/** A query for entries. */
export interface AuditQuery {
  readonly limit: number;
  /** Only entries with a smaller `seq`. */
  readonly before?: number | undefined;
  readonly action?: AuditAction | undefined;
  readonly actorId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly subjectId?: string | undefined;
}

/**
 * The audit trail: entries are only ever added, each chained by its hash to the one before, in one sequence over all
 * processes that add to it. Errors as in `Store`.
 */
export interface AuditStore {
  /** Durable when it resolves. Entries that belong to a change of a command are made with that change. */
  append(entry: AuditInput): Promise<AuditEntry>;
  /** Newest first. */
  list(query: AuditQuery): Promise<{ entries: AuditEntry[]; hasMore: boolean }>;
  /** Oldest first, for export and verification. */
  read(query: { afterSeq: number; limit: number }): Promise<AuditEntry[]>;
  /** The last entry, as it is remembered apart from the entries; `seq` 0 before the first. */
  head(): Promise<{ seq: number; hash: string }>;
}
