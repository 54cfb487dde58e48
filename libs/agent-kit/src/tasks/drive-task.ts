import type { AgentServices, VersionedTask } from '@parley/control-plane';
import {
  advance,
  hasRoom,
  isOpen,
  isWorking,
  nextWork,
  type TaskDocument,
  type TaskEvent,
  type TaskSaying,
} from '@parley/durable-tasks';
import type { Logger } from '@parley/process-kit';
import { LIMITS, ParleyError } from '@parley/shared-models';
import { attemptStep } from './attempt-step.ts';
import { createWakeup } from './wakeup.ts';

export interface DriveOptions {
  readonly task: VersionedTask;
  /** Those that wait for a server that is away. */
  readonly services: Pick<AgentServices, 'getTask' | 'saveTask' | 'runStep'>;
  /** Finds the steps of a round. */
  plan(task: TaskDocument, signal: AbortSignal): Promise<TaskEvent>;
  say(task: TaskDocument, saying: TaskSaying, signal: AbortSignal): Promise<void>;
  readonly logger: Logger;
}

/** One task that this process drives. */
export interface Drive {
  /** The version that is known here. */
  version(): number;
  /** Somebody else has changed it. */
  refresh(): void;
  /** Stops driving; attempts under way elsewhere go on, for the next driver. */
  abandon(): void;
  /** Resolves when the task needs no driver any more, another one has it, or it was abandoned; rejects when driving failed. */
  readonly ended: Promise<void>;
}

/**
 * Brings a task from where it is to its end. All that happens comes as events into one loop, which applies them to the
 * document and stores that before anything follows from it.
 */
export function driveTask({ task, services, plan, say, logger }: DriveOptions): Drive {
  const { token } = task;
  let { document, version } = task;
  const halt = new AbortController();
  const wakeup = createWakeup(halt.signal);
  const lease = { id: document.id, token };
  /** The calls under way, by their subject. */
  const underWay = new Set<string>();
  const settling = new Set<Promise<void>>();
  let events: TaskEvent[] = [];
  let mustLoad = false;
  let failure: { readonly error: unknown } | undefined;

  /** Does something beside the loop, once at a time; the event that it gives comes into the loop. */
  const run = (about: string, work: (signal: AbortSignal) => Promise<TaskEvent | undefined>): void => {
    if (underWay.has(about)) return;
    underWay.add(about);
    const done = work(halt.signal)
      .then((event) => {
        if (event === undefined) mustLoad = true;
        else events.push(event);
      })
      .catch((error: unknown) => {
        if (!halt.signal.aborted) failure ??= { error };
      })
      .finally(() => {
        underWay.delete(about);
        settling.delete(done);
        wakeup.wake();
      });
    settling.add(done);
  };

  /** Stores the document after the events. False: another process drives the task now. */
  const takeIn = async (): Promise<boolean> => {
    if (mustLoad) {
      mustLoad = false;
      const now = await services.getTask({ id: document.id });
      if (now.token !== token) return false;
      ({ document, version } = now);
    }
    const taken = events;
    events = [];
    const next = following(document, taken, Date.now());
    if (next === document) return true;
    try {
      ({ version } = await services.saveTask({ document: next, expectedVersion: version, token }));
      document = next;
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'id_conflict') throw error;
      // A person was there first, or another driver: the events are applied to the present document.
      events = [...taken, ...events];
      mustLoad = true;
      wakeup.wake();
    }
    return true;
  };

  /** Starts the work that the stored document asks for. */
  const follow = (): void => {
    if (mustLoad) return;
    const work = nextWork(document, Date.now());
    const [saying] = work.say;
    if (saying !== undefined) {
      run('saying', async (signal) => {
        await say(document, saying, signal);
        return { type: 'said', messageId: saying.id };
      });
    }
    if (work.plan) run('plan', (signal) => plan(document, signal));
    for (const step of work.await) {
      const { id, attempt } = step;
      run(`step ${id} ${attempt}`, (signal) => attemptStep({ services, lease, step, signal, logger }));
    }
    // Its time came while the document was being stored: taking in begins it.
    if (work.begin.length > 0) wakeup.wake();
    if (work.wakeAt !== undefined) wakeup.at(work.wakeAt);
  };

  const loop = async (): Promise<void> => {
    while (!halt.signal.aborted) {
      if (!(await takeIn())) return;
      if (failure !== undefined) throw failure.error;
      if (!isOpen(document)) return;
      follow();
      await wakeup.next();
    }
  };
  const drive = async (): Promise<void> => {
    try {
      await loop();
    } catch (error) {
      if (!halt.signal.aborted) throw error;
    } finally {
      halt.abort();
      await Promise.all(settling);
    }
  };

  return {
    version: () => version,
    refresh() {
      mustLoad = true;
      wakeup.wake();
    },
    abandon: () => halt.abort(),
    ended: drive(),
  };
}

/** The document after the events, with the next attempts of all steps that can begin. */
function following(document: TaskDocument, events: readonly TaskEvent[], now: number): TaskDocument {
  const after = events.reduce((task, event) => advance(task, event, now), document);
  const stepIds = nextWork(after, now).begin.map(({ id }) => id);
  const next = stepIds.length === 0 ? after : advance(after, { type: 'begun', stepIds }, now);
  // An ended task has only its end to report: that must be ticked off, however full the task is.
  if (next === document || !isWorking(document.state) || hasRoom(next)) return next;
  const message = `Its steps gave more than a task can hold, ${LIMITS.taskBytes} bytes.`;
  return advance(document, { type: 'broken', error: { code: 'agent_failed', message } }, now);
}
