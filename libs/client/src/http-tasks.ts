import { Task, TaskDetail, TaskPage } from '@parley/shared-models';
import { type HttpOptions, request } from './http-request.ts';

interface Abortable {
  /** Its abort rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface TasksQuery extends Abortable {
  readonly conversationId?: string | undefined;
  /** For operators: everybody's. @default false */
  readonly all?: boolean | undefined;
  /** 1 to 500. @default 100 */
  readonly limit?: number | undefined;
  /** Only tasks that were begun before this one. */
  readonly before?: string | undefined;
}

/** The part of the HTTP interface that is about tasks: one's own, for operators everybody's. Errors as in `HttpApi`. */
export interface TasksApi {
  /** The one that was begun last first. */
  tasks(query?: TasksQuery): Promise<Task[]>;
  /** With what its steps got and gave, and its reports. */
  task(id: string, options?: Abortable): Promise<TaskDetail>;
  /** Resolves with the task as it then is; one that is over stays as it is. */
  cancelTask(id: string, options?: Abortable): Promise<Task>;
}

export function createTasksApi(http: HttpOptions): TasksApi {
  const path = (id: string) => `/api/tasks/${encodeURIComponent(id)}`;

  return {
    tasks: ({ signal, conversationId, all, limit, before } = {}) =>
      request(http, {
        path: '/api/tasks',
        query: { conversationId, all: all === true ? 'true' : undefined, limit, before },
        signal,
        parse: (answer) => TaskPage.parse(answer).tasks,
      }),
    task: (id, { signal } = {}) =>
      request(http, { path: path(id), signal, parse: (answer) => TaskDetail.parse(answer) }),
    cancelTask: (id, { signal } = {}) =>
      request(http, {
        method: 'POST',
        path: `${path(id)}/cancel`,
        signal,
        parse: (answer) => Task.parse(answer),
      }),
  };
}
