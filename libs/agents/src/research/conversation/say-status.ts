import type { StepRecord, TaskRecord } from '@parley/agent-kit';
import { sayList } from '../figures/say-number.ts';

const MAX_NAMED = 4;

/** Progress of a task, from its stored record. */
export function sayStatus(task: TaskRecord): string {
  const own = task.steps.filter(({ round }) => round === task.round);
  const steps = own.filter(({ kind }) => kind === 'step');
  const in_ = (state: StepRecord['state']): StepRecord[] => steps.filter((step) => step.state === state);
  const title = `“${task.title}”`;
  switch (task.state) {
    case 'PLANNING':
      return `${title} is being planned: the steps are not known yet.`;
    case 'EXECUTING': {
      const [running, pending] = [in_('running'), in_('pending')];
      const count = `${in_('done').length} of ${steps.length} steps are done`;
      return [
        `${title} is executing: ${count}.`,
        ...(running.length === 0 ? [] : [`Now: ${named(running)}.`]),
        ...(pending.length === 0 ? [] : [`Then: ${named(pending)}, and the report.`]),
        ...sayRetries(steps),
      ].join('\n');
    }
    case 'AGGREGATING':
      return `${title} is aggregating: all ${steps.length} steps are done, the report is being written.`;
    case 'REFINEMENT_READY':
      return task.error === undefined
        ? `${title} is done: the report is there. Write what to change, and I refine it.`
        : `The report of ${title} could not be changed: ${task.error.message} The one before stands.`;
    case 'FAILED':
      return `${title} has failed: ${task.error?.message ?? 'the reason is not known'}`;
    case 'CANCELLED':
      return `${title} was cancelled.`;
  }
}

/** The steps' results so far, line by line; empty without results. */
export function sayResults({ steps }: TaskRecord): string {
  const done = steps.flatMap(({ state, kind, result }) =>
    state === 'done' && kind === 'step' ? [summaryOf(result)] : [],
  );
  return done
    .filter((line) => line !== '')
    .slice(-30)
    .map((line) => `- ${line}`)
    .join('\n');
}

function summaryOf(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('summary' in result)) return '';
  return String(result.summary).slice(0, 300);
}

function named(steps: readonly StepRecord[]): string {
  const shown = steps.slice(0, MAX_NAMED).map(({ title }) => `**${title.slice(0, 120)}**`);
  const more = steps.length - shown.length;
  return sayList(more > 0 ? [...shown, `${more} more`] : shown);
}

function sayRetries(steps: readonly StepRecord[]): string[] {
  return steps.flatMap(({ title, state, attempt, uncounted = 0, maxAttempts, absentSince, error }) => {
    if (error === undefined || state === 'done') return [];
    if (absentSince !== undefined) return [`${title}: ${error.message}`];
    return [`${title} did not work at attempt ${attempt - uncounted} of ${maxAttempts}: ${error.message}`];
  });
}
