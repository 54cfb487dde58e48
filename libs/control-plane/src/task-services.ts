import type { TaskDocument } from '@parley/durable-tasks';
import type { ChatMessage, JsonValue } from '@parley/shared-models';

/** A task with its version, and the token of its newest lease (0: there never was one). */
export interface VersionedTask {
  readonly document: TaskDocument;
  readonly version: number;
  readonly token: number;
}

export interface TaskLease {
  readonly id: string;
  readonly token: number;
}

interface ForRequest {
  /** A message that was routed to the agent's group. */
  readonly requestId: string;
}

export interface CreateTaskRequest extends ForRequest {
  /** A UUID, the idempotency key. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly input?: JsonValue | undefined;
}

export type RefineTaskRequest = Omit<CreateTaskRequest, 'title'>;

export interface SaveTaskRequest {
  readonly document: TaskDocument;
  readonly expectedVersion: number;
  readonly token: number;
}

export interface RunStepRequest extends TaskLease {
  readonly stepId: string;
  readonly attempt: number;
  /** The longest wait for the reply, in milliseconds, 1 to 600000. */
  readonly timeoutMs: number;
}

/**
 * Long tasks. Errors of all: as in `AgentServices`; ParleyError `not_found`, `forbidden` where another group drives the
 * task, or it belongs to another conversation.
 */
export interface TaskServices {
  /** Begins a task of the agent's group in the request's conversation; known by its id, it is answered as it is now. */
  create(request: CreateTaskRequest): Promise<VersionedTask>;
  /** Once for each request. @throws ParleyError `invalid_request` when the task is not `REFINEMENT_READY` */
  refine(request: RefineTaskRequest): Promise<VersionedTask>;
  /** One that is over stays as it is. */
  cancel(request: ForRequest & { readonly id: string }): Promise<VersionedTask>;
  get(id: string): Promise<VersionedTask>;
  /** Of the request's conversation, or the one because of which it was asked; newest first. `limit` 1 to 20. */
  list(request: ForRequest & { readonly limit: number }): Promise<readonly VersionedTask[]>;
  /** Open tasks of the group that nobody drives, the oldest first; the caller drives them from now on. `limit` 1 to 20. */
  claim(limit: number): Promise<{ readonly tasks: readonly VersionedTask[]; readonly leaseMs: number }>;
  /** Those that are still the caller's, with the versions that they have. At most 1000. */
  renew(leases: readonly TaskLease[]): Promise<readonly { readonly id: string; readonly version: number }[]>;
  release(lease: TaskLease): Promise<void>;
  /** @throws ParleyError `id_conflict` when the version or the lease is another one, `invalid_request` */
  save(request: SaveTaskRequest): Promise<VersionedTask>;
  /**
   * The reply of the agent that does the attempt, which must be stored as running.
   * @throws ParleyError as `ask`; `id_conflict` when the lease is another one, or that attempt is not under way
   */
  runStep(request: RunStepRequest, signal?: AbortSignal): Promise<ChatMessage>;
  /** Nobody wants the attempt any more: stops it. */
  cancelStep(request: Omit<RunStepRequest, 'timeoutMs'>): Promise<void>;
}
