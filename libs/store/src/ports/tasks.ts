/** A task with the fields that the store knows it by. The document is JSON text that the store does not look into. */
export interface StoredTask {
  readonly id: string;
  /** The agents that drive it. */
  readonly group: string;
  readonly conversationId: string;
  readonly ownerId: string;
  /** Whether somebody has to drive it. */
  readonly isOpen: boolean;
  readonly document: string;
  /** From 1, one more with each save. */
  readonly version: number;
  /** Of the newest lease, one more with each; 0: there never was one. */
  readonly token: number;
}

/** A task that is to be stored. */
export interface NewStoredTask extends Omit<StoredTask, 'version' | 'token'> {
  /** Its view in lists: JSON text that the store does not look into. */
  readonly view: string;
}

/** The view of a task in lists. */
export interface StoredTaskView {
  readonly id: string;
  readonly version: number;
  /** As it was saved with this version; undefined of a task that was last saved before there were views. */
  readonly view: string | undefined;
}

/** A process that drives tasks. */
export interface TaskHolder {
  readonly agentId: string;
  /** Of two processes with one id, the one with the larger incarnation has replaced the other. */
  readonly incarnation: number;
}

export interface TaskSave {
  readonly id: string;
  readonly document: string;
  /** Its view in lists. */
  readonly view: string;
  readonly isOpen: boolean;
  /** The version that the task must have now. */
  readonly expectedVersion: number;
  /** The newest lease must be this one. @default nobody's lease is asked for */
  readonly token?: number | undefined;
}

export interface TaskQuery {
  readonly ownerId?: string | undefined;
  readonly conversationId?: string | undefined;
  /** Only tasks with a smaller id, which were begun before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/**
 * Tasks, and the driver of each. A lease gives a task to one holder for a while; its token fences off the holders before.
 * Errors as in `Store`; writes are atomic and durable when they resolve.
 */
export interface TaskStore {
  /** Adds it with version 1, unless its id is known; then the task stored first stands and is returned. */
  add(task: NewStoredTask): Promise<{ task: StoredTask; isDuplicate: boolean }>;
  get(id: string): Promise<StoredTask | undefined>;
  /**
   * Returns the task as saved. Saving the same document again after it was saved, by the same token, changes nothing.
   * @throws ParleyError `not_found`; `id_conflict` when the version or the lease is another one
   */
  save(save: TaskSave): Promise<StoredTask>;
  /**
   * Gives open tasks of the group that nobody holds, or whose holder was replaced by this very one, to the holder, the
   * oldest first. Each goes to one.
   */
  claim(options: {
    readonly group: string;
    readonly holder: TaskHolder;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<StoredTask[]>;
  /** Of these leases, those that are still the newest of their tasks: they are longer now. Returns the tasks. */
  renew(options: {
    readonly leases: readonly { readonly id: string; readonly token: number }[];
    readonly leaseMs: number;
  }): Promise<{ readonly id: string; readonly version: number }[]>;
  /** Anybody may have the task now, if this is its newest lease. */
  release(id: string, token: number): Promise<void>;
  /** The one that was begun last first. */
  list(query: TaskQuery): Promise<StoredTask[]>;
  /** The same without the documents, which can be large. */
  listViews(query: TaskQuery): Promise<StoredTaskView[]>;
}
