import type { AgentCaller } from '../control-plane.ts';
import { serviceDefinition } from '../proto-definitions.ts';
import type { TaskServices, VersionedTask } from '../task-services.ts';
import { parseAnswer } from '../wire/parse.ts';
import * as wire from '../wire/task.ts';
import type { Connection, Method } from './connection.ts';

/** The server waits `timeoutMs` for a reply; so much longer, in milliseconds, the call waits for its answer. */
const STEP_MARGIN_MS = 5_000;

/** `TaskService` for one agent. @param caller asked for with each call */
export function createTaskServices(connection: Connection, caller: () => AgentCaller): TaskServices {
  const call = async (name: string, request: object): Promise<object> =>
    connection.unary(method(name), { ...caller(), ...request });
  const taskOf = async (name: string, request: object): Promise<VersionedTask> =>
    parseAnswer(wire.TaskAnswer, await call(name, request)).task;
  const withInput = <T extends { input?: unknown }>(request: T): object => ({
    ...request,
    input: request.input === undefined ? '' : JSON.stringify(request.input),
  });

  return {
    create: (request) => taskOf('CreateTask', withInput(request)),
    refine: (request) => taskOf('RefineTask', withInput(request)),
    cancel: (request) => taskOf('CancelTask', request),
    get: (id) => taskOf('GetTask', { id }),
    async list(request) {
      return parseAnswer(wire.TasksAnswer, await call('ListTasks', request)).tasks;
    },
    async claim(limit) {
      return parseAnswer(wire.ClaimAnswer, await call('ClaimTasks', { limit }));
    },
    async renew(leases) {
      return parseAnswer(wire.RenewAnswer, await call('RenewLeases', { leases })).held;
    },
    async release(lease) {
      await call('ReleaseTask', { lease });
    },
    save: ({ document, ...request }) =>
      taskOf('SaveTask', { ...request, document: JSON.stringify(document) }),
    async runStep({ id, token, ...request }, signal) {
      const step = { ...caller(), ...request, lease: { id, token } };
      const deadlineMs = request.timeoutMs + STEP_MARGIN_MS;
      const answer = await connection.unary(method('RunStep'), step, signal, deadlineMs);
      return parseAnswer(wire.RunStepAnswer, answer).reply;
    },
    async cancelStep({ id, token, ...request }) {
      await call('RunStep', { ...request, lease: { id, token }, timeoutMs: 1, isCancellation: true });
    },
  };
}

function method(name: string): Method {
  const found = serviceDefinition('TaskService')[name];
  if (found === undefined) throw new Error(`TaskService has no rpc ${name}`);
  return found;
}
