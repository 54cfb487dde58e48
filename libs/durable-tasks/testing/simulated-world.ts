import { advance } from '../src/advance.ts';
import { callOfStep, stepMessageId } from '../src/call-of-step.ts';
import { isOpen, nextWork } from '../src/next-work.ts';
import type { StepCall } from '../src/step-call.ts';
import type { StepRecord, TaskDocument } from '../src/task-document.ts';
import type { TaskEvent } from '../src/task-events.ts';
import type { CheckedPlan } from '../src/task-plan.ts';
import { checkSuccessor } from '../src/transitions.ts';
import { AT } from './tasks.ts';

/** An attempt at a step, as an agent has it: asked for once by its id, however often it is dispatched. */
interface Asked {
  readonly step: StepRecord;
  readonly call: StepCall;
  outcome?: TaskEvent;
}

/** A process that drives the task, or believes that it does. */
interface SimulatedDriver {
  readonly token: number;
  document: TaskDocument;
  version: number;
  events: TaskEvent[];
  readonly waitsFor: Set<string>;
}

/** One task with its store, its drivers and the agents that do its steps, all in one place and without time. */
export interface SimulatedWorld {
  /** The stored task. */
  readonly task: () => TaskDocument;
  /** Every attempt that an agent was given. */
  readonly asked: ReadonlyMap<string, Asked>;
  /** Messages said, by id. */
  readonly said: ReadonlyMap<string, string>;
  /**
   * The driver takes in the pending events, stores, and starts the next work. @param isZombie the one before the last
   * takeover
   */
  drive(isZombie?: boolean): void;
  /** The driver dies; another one takes over. */
  crash(): void;
  /** The driver does as `drive`, and dies between storing and starting the next work. */
  crashAfterSaving(): void;
  /** An agent comes to the end of some attempt. @param which of those under way. @param isGood whether it has a result */
  answer(which: number, isGood: boolean): void;
  /** There was nobody to make some attempt. @param which of those under way */
  miss(which: number): void;
  /** Something that has happened already reaches the driver once more. */
  repeat(which: number): void;
  wait(milliseconds: number): void;
  cancel(): void;
}

export function simulateWorld(
  begun: TaskDocument,
  plan: CheckedPlan,
  check: (before: TaskDocument, after: TaskDocument) => void,
): SimulatedWorld {
  let stored = { document: begun, version: 1, token: 0 };
  let now = AT;
  const asked = new Map<string, Asked>();
  const said = new Map<string, string>();
  const past: TaskEvent[] = [];
  let zombie: SimulatedDriver | undefined;

  const takeOver = (): SimulatedDriver => {
    stored = { ...stored, token: stored.token + 1 };
    const { document, version, token } = stored;
    return { token, document, version, events: [], waitsFor: new Set() };
  };
  let driver = takeOver();

  const tell = (to: SimulatedDriver, event: TaskEvent): void => {
    to.events.push(event);
    past.push(event);
  };
  /** False: the driver does not have the task any more. */
  const save = (by: SimulatedDriver): boolean => {
    const taken = by.events.splice(0);
    let next = taken.reduce((task, event) => advance(task, event, now), by.document);
    const stepIds = nextWork(next, now).begin.map(({ id }) => id);
    if (stepIds.length > 0) next = advance(next, { type: 'begun', stepIds }, now);
    if (by.token !== stored.token) return false;
    if (by.version !== stored.version) {
      by.document = stored.document;
      by.version = stored.version;
      by.events.unshift(...taken);
      return save(by);
    }
    if (next === by.document) return true;
    // As through a database.
    const document = JSON.parse(JSON.stringify(next)) as TaskDocument;
    checkSuccessor(stored.document, document);
    check(stored.document, document);
    stored = { ...stored, document, version: stored.version + 1 };
    by.document = document;
    by.version = stored.version;
    return true;
  };
  const follow = (by: SimulatedDriver): void => {
    const work = nextWork(by.document, now);
    if (work.plan) tell(by, { type: 'planned', plan });
    for (const saying of work.say) {
      said.set(saying.id, saying.text);
      tell(by, { type: 'said', messageId: saying.id });
    }
    for (const step of work.await) {
      const id = stepMessageId(by.document.id, step);
      by.waitsFor.add(id);
      const attempt = asked.get(id) ?? { step, call: callOfStep(by.document, step) };
      asked.set(id, attempt);
      // It was answered while nobody, or another one, waited for it.
      if (attempt.outcome !== undefined) tell(by, attempt.outcome);
    }
  };
  const drive = (by: SimulatedDriver): void => {
    if (save(by)) follow(by);
  };

  return {
    task: () => stored.document,
    asked,
    said,
    drive(isZombie = false) {
      if (!isZombie) drive(driver);
      else if (zombie !== undefined) drive(zombie);
    },
    crash() {
      zombie = driver;
      if (isOpen(stored.document)) driver = takeOver();
    },
    crashAfterSaving() {
      save(driver);
      driver = takeOver();
    },
    answer(which, isGood) {
      const open = [...asked].filter(([, { outcome }]) => outcome === undefined);
      const found = open[which % Math.max(1, open.length)];
      if (found === undefined) return;
      const [id, attempt] = found;
      const { id: stepId, kind, attempt: number } = attempt.step;
      const result = kind === 'aggregate' ? { text: 'Report' } : `${stepId} of attempt ${number}`;
      attempt.outcome = isGood
        ? { type: 'done', stepId, attempt: number, agentId: 'executor', result }
        : {
            type: 'failed',
            stepId,
            attempt: number,
            error: { code: 'agent_failed', message: 'no' },
            canRetry: true,
          };
      for (const each of [driver, zombie]) if (each?.waitsFor.has(id)) tell(each, attempt.outcome);
    },
    miss(which) {
      const open = [...asked].filter(([, { outcome }]) => outcome === undefined);
      const found = open[which % Math.max(1, open.length)];
      if (found === undefined) return;
      const [id, attempt] = found;
      const error = { code: 'no_agent_online', message: 'nobody' };
      attempt.outcome = { type: 'absent', stepId: attempt.step.id, attempt: attempt.step.attempt, error };
      for (const each of [driver, zombie]) if (each?.waitsFor.has(id)) tell(each, attempt.outcome);
    },
    repeat(which) {
      const event = past[which % Math.max(1, past.length)];
      if (event !== undefined) driver.events.push(event);
    },
    wait(milliseconds) {
      now += milliseconds;
    },
    cancel() {
      const document = advance(stored.document, { type: 'cancelled' }, now);
      if (document !== stored.document) stored = { ...stored, document, version: stored.version + 1 };
    },
  };
}
