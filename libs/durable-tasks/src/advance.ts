import { deriveId, ParleyError, TaskReport } from '@parley/shared-models';
import { countedAttempts } from './counted-attempts.ts';
import { hasRoom } from './has-room.ts';
import { plannedSteps } from './planned-steps.ts';
import type { StepRecord, TaskDocument, TaskSaying } from './task-document.ts';
import type { TaskEvent } from './task-events.ts';
import { isWorking, stateAfter } from './transitions.ts';

type EventOf<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

/** The longest wait between two attempts, in milliseconds. */
const MAX_RETRY_MS = 60_000;

/** A step for which there is nobody is tried again so soon at first, and so seldom in the end, in milliseconds. */
const ABSENT_MS = { min: 2000, max: 30_000 };
/** After so long it fails all the same, in milliseconds. */
const MAX_ABSENCE_MS = 24 * 3_600_000;

/**
 * The task after an event. An event that comes too late, or a second time, changes nothing: then the very same document
 * is returned. Pure.
 * @param now milliseconds since 1970
 * @throws ParleyError `invalid_request` when a person's wish is impossible in the task's state, or has no room in it
 */
export function advance(task: TaskDocument, event: TaskEvent, now: number): TaskDocument {
  const next = apply(task, event, now);
  return next === task ? task : { ...next, updatedAt: iso(now) };
}

function apply(task: TaskDocument, event: TaskEvent, now: number): TaskDocument {
  switch (event.type) {
    case 'planned':
      return task.state === 'PLANNING' ? planned(task, event) : task;
    case 'begun':
      return begun(task, event, now);
    case 'done':
      return ended(task, event, (step) => done(task, step, event, now));
    case 'failed':
      return ended(task, event, (step) => failed(task, step, event, now));
    case 'absent':
      return ended(task, event, (step) => absent(task, step, event, now));
    case 'said':
      return said(task, event);
    case 'broken':
      return isWorking(task.state) ? broken(task, event.error, now) : task;
    case 'cancelled':
      return isWorking(task.state) ? cancelled(task, now) : task;
    case 'refined':
      return refined(task, event, now);
  }
}

function planned(task: TaskDocument, { plan }: EventOf<'planned'>): TaskDocument {
  const steps = plannedSteps(task, plan);
  const next = { ...task, state: stateAfter(task.state, 'planned'), steps };
  return onwards(plan.message === undefined ? next : saying(next, 'plan', plan.message));
}

function begun(task: TaskDocument, { stepIds }: EventOf<'begun'>, now: number): TaskDocument {
  const wanted = new Set(stepIds);
  const begins = ({ id, state }: StepRecord): boolean => wanted.has(id) && state === 'pending';
  if (!isWorking(task.state) || !task.steps.some(begins)) return task;
  return {
    ...task,
    steps: task.steps.map(({ retryAt, error, ...step }) =>
      begins(step)
        ? { ...step, state: 'running', attempt: step.attempt + 1, startedAt: iso(now) }
        : { ...step, ...(retryAt && { retryAt }), ...(error && { error }) },
    ),
  };
}

/** Only the attempt that is under way counts. */
function ended(
  task: TaskDocument,
  { stepId, attempt }: { stepId: string; attempt: number },
  change: (step: StepRecord) => TaskDocument,
): TaskDocument {
  const step = task.steps.find(({ id }) => id === stepId);
  if (step?.state !== 'running' || step.attempt !== attempt || !isWorking(task.state)) return task;
  return change(step);
}

function done(task: TaskDocument, step: StepRecord, event: EventOf<'done'>, now: number): TaskDocument {
  const { agentId, result } = event;
  const { absentSince: _, ...present } = step;
  const finished = withStep(task, { ...present, state: 'done', agentId, result, endedAt: iso(now) });
  if (step.kind === 'step') return onwards(finished);
  const report = TaskReport.safeParse(result);
  if (!report.success) {
    const message = `The report is invalid: ${report.error.issues[0]?.message}`;
    const error = { code: 'agent_failed', message };
    return failed(
      task,
      step,
      { type: 'failed', stepId: step.id, attempt: step.attempt, error, canRetry: false },
      now,
    );
  }
  const reportMessageId = idOfSaying(task, 'report');
  const rounds = finished.rounds.map((each) =>
    each.round === task.round ? { ...each, report: report.data, reportMessageId } : each,
  );
  // The state changes before the message is written: a person who reads the report can answer it at once, and finds a
  // task to refine.
  const reported = { ...finished, state: stateAfter(task.state, 'reported'), rounds };
  return saying(reported, 'report', report.data.text);
}

function failed(
  task: TaskDocument,
  { absentSince: _, ...step }: StepRecord,
  event: EventOf<'failed'>,
  now: number,
): TaskDocument {
  const error = { code: event.error.code.slice(0, 64), message: event.error.message.slice(0, 1000) };
  const attempts = countedAttempts(step);
  if (event.canRetry && attempts < step.maxAttempts) {
    const waitMs = Math.min(step.retryMs * 2 ** (attempts - 1), MAX_RETRY_MS);
    return withStep(task, { ...step, state: 'pending', error, retryAt: iso(now + waitMs) });
  }
  const finished = withStep(task, { ...step, state: 'failed', error, endedAt: iso(now) });
  const message = `"${step.title}" failed: ${error.message}`.slice(0, 1000);
  return broken(finished, { code: error.code, message }, now);
}

/** The longer there is nobody, the longer it waits before it is tried again. */
function absent(task: TaskDocument, step: StepRecord, event: EventOf<'absent'>, now: number): TaskDocument {
  const { stepId, attempt } = event;
  const absentSince = step.absentSince ?? iso(now);
  const absenceMs = Math.max(0, now - Date.parse(absentSince));
  const { code } = event.error;
  const message = `It waits for an agent of the group “${step.group}”. ${event.error.message}`.slice(0, 1000);
  const error = { code: code.slice(0, 64), message };
  if (absenceMs >= MAX_ABSENCE_MS)
    return failed(task, step, { type: 'failed', stepId, attempt, error, canRetry: false }, now);
  const waitMs = Math.min(Math.max(absenceMs, ABSENT_MS.min), ABSENT_MS.max);
  return withStep(task, {
    ...step,
    state: 'pending',
    error,
    absentSince,
    uncounted: (step.uncounted ?? 0) + 1,
    retryAt: iso(now + waitMs),
  });
}

function said(task: TaskDocument, { messageId }: EventOf<'said'>): TaskDocument {
  const toSay = task.toSay.filter(({ id }) => id !== messageId);
  return toSay.length === task.toSay.length ? task : { ...task, toSay };
}

function broken(task: TaskDocument, error: EventOf<'broken'>['error'], now: number): TaskDocument {
  const cut = { code: error.code.slice(0, 64), message: error.message.slice(0, 1000) };
  // An earlier report is not lost with a wish that cannot be met.
  const isRefinement = task.round > 1;
  const state = stateAfter(task.state, isRefinement ? 'unrefined' : 'broken');
  const text = isRefinement
    ? `The report of "${task.title}" could not be changed. ${cut.message} The report before stands; say what to change instead.`
    : `The task "${task.title}" failed. ${cut.message}`;
  return saying({ ...stopped(task, now), state, error: cut }, 'failed', text);
}

function cancelled(task: TaskDocument, now: number): TaskDocument {
  const next = { ...stopped(task, now), state: stateAfter(task.state, 'cancelled') };
  return saying(next, 'cancelled', `The task "${task.title}" was cancelled.`);
}

function refined(
  task: TaskDocument,
  { requestId, text, input }: EventOf<'refined'>,
  now: number,
): TaskDocument {
  if (task.rounds.some((round) => round.requestId === requestId)) return task;
  const round = task.round + 1;
  const asked = { round, requestId, text, at: iso(now), ...(input === undefined ? {} : { input }) };
  const { error: _, ...reported } = task;
  const next: TaskDocument = {
    ...reported,
    state: stateAfter(task.state, 'refined'),
    round,
    rounds: [...task.rounds, asked],
  };
  if (hasRoom(next)) return next;
  throw new ParleyError('invalid_request', 'The task holds all that it can hold. Begin a new one instead.');
}

/** From executing to aggregating, when there is nothing left to execute. */
function onwards(task: TaskDocument): TaskDocument {
  if (task.state !== 'EXECUTING') return task;
  const isLeft = task.steps.some(
    // Those that failed, or were cancelled, belong to a refinement that was given up.
    ({ kind, state }) => kind === 'step' && (state === 'pending' || state === 'running'),
  );
  return isLeft ? task : { ...task, state: stateAfter(task.state, 'executed') };
}

/**
 * Cancels the open steps and drops the round's messages that are not written yet: the message that ends the round
 * replaces them.
 */
function stopped(task: TaskDocument, now: number): TaskDocument {
  return {
    ...task,
    toSay: task.toSay.filter(({ round }) => round !== task.round),
    steps: task.steps.map((step) =>
      step.state === 'pending' || step.state === 'running'
        ? { ...step, state: 'cancelled', ...(step.startedAt && { endedAt: iso(now) }) }
        : step,
    ),
  };
}

function saying(task: TaskDocument, kind: TaskSaying['kind'], text: string): TaskDocument {
  const id = idOfSaying(task, kind);
  return { ...task, toSay: [...task.toSay, { id, kind, round: task.round, text }] };
}

function idOfSaying(task: TaskDocument, kind: TaskSaying['kind']): string {
  return deriveId(task.id, 'said', task.round, kind);
}

function withStep(task: TaskDocument, changed: StepRecord): TaskDocument {
  return { ...task, steps: task.steps.map((step) => (step.id === changed.id ? changed : step)) };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
