import type { TaskServices, VersionedTask } from '@parley/control-plane';
import { type ChatMessage, deriveId, LIMITS, ParleyError } from '@parley/shared-models';
import { describeValue } from '../given/describe-value.ts';
import { jsonOf } from '../given/json-of.ts';
import type { StartTask, TaskAccess, TaskRecord } from './task-access.ts';

const LISTED = 20;

export interface TaskAccessOptions {
  readonly services: TaskServices;
  readonly request: ChatMessage;
  readonly group: string;
  /** Whether the agent's definition has `tasks`. */
  readonly isDriver: boolean;
}

/** `tasks` for one run of an agent's handler; a new one for each try, so that tasks get the same ids again. */
export function createTasks({ services, request, group, isDriver }: TaskAccessOptions): TaskAccess {
  let ordinal = 0;
  const requestId = request.id;
  const asked = ({ text = request.text, input }: Omit<StartTask, 'title'>) => ({
    requestId,
    text: textOf(text, 'text'),
    ...(input === undefined ? {} : { input: jsonOf(input, "The task's input", LIMITS.taskBytes) }),
  });

  return {
    async start({ title, ...task }) {
      if (!isDriver) {
        throw new ParleyError('agent_failed', 'Only an agent whose definition has `tasks` begins tasks.');
      }
      textOf(title, 'title');
      const id = deriveId(requestId, group, 'task', ordinal++);
      return recordOf(await services.create({ id, title, ...asked(task) }));
    },
    refine: async (id, task = {}) => recordOf(await services.refine({ id, ...asked(task) })),
    async latest() {
      const [task] = await services.list({ requestId, limit: 1 });
      return task === undefined ? undefined : recordOf(task);
    },
    list: async () => (await services.list({ requestId, limit: LISTED })).map(recordOf),
    cancel: async (id) => recordOf(await services.cancel({ requestId, id })),
  };
}

function recordOf({ document, version }: VersionedTask): TaskRecord {
  return { ...document, version };
}

function textOf(given: unknown, field: string): string {
  if (typeof given === 'string') return given;
  throw new ParleyError(
    'agent_failed',
    `A task was given ${describeValue(given)} as its ${field}; it takes a text.`,
  );
}
