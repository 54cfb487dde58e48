import type { TaskDocument } from '@parley/durable-tasks';
import type { JsonValue } from '@parley/shared-models';

export interface StartTask {
  /** Title of the task, for people, 1 to 300 characters. */
  readonly title: string;
  /** The request, as the driver's `plan` gets it. @default the message's text */
  readonly text?: string;
  /** Further input of `plan`, such as the agent's interpretation of the text. */
  readonly input?: JsonValue;
}

/** A task as it is stored, with all that its steps got and gave. `version` grows with each change. */
export type TaskRecord = TaskDocument & { readonly version: number };

/** The tasks of the conversation in which the message was written; also where another agent asks because of it. */
export interface TaskAccess {
  /**
   * Begins a task that this agent's group drives (it needs `tasks` in its definition); resolves when it is stored. A
   * message that is handled again does not begin it again.
   */
  start(task: StartTask): Promise<TaskRecord>;
  /**
   * Refines a task that is `REFINEMENT_READY`: it is planned again, with all results at hand. Once for each message.
   * @throws ParleyError `invalid_request` when it is in another state, `not_found`, `forbidden` when another group drives it
   */
  refine(taskId: string, task?: Omit<StartTask, 'title'>): Promise<TaskRecord>;
  /** The last one that was begun; undefined when there is none. */
  latest(): Promise<TaskRecord | undefined>;
  /** Newest first, at most 20; fewer where they are long. */
  list(): Promise<readonly TaskRecord[]>;
  /** Stops it, with the steps that run. One that is over stays as it is. */
  cancel(taskId: string): Promise<TaskRecord>;
}
