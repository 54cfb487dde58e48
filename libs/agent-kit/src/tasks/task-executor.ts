import { setTimeout as delay } from 'node:timers/promises';
import type { AgentServices, VersionedTask } from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { ParleyError } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import { patientServices } from '../context/patient-services.ts';
import { type Drive, driveTask } from './drive-task.ts';
import { findPlan } from './find-plan.ts';
import { sayInConversation } from './say-in-conversation.ts';

/** Drives the tasks of an agent's group that fall to this process. */
export interface TaskExecutor {
  /** Takes tasks from now on, where the definition drives any. */
  start(): void;
  /** A task may have begun here: looks at once. */
  look(): void;
  /** Takes no more tasks, and releases those that it holds: another instance goes on with them. */
  pause(): Promise<void>;
  /** As if the process had died: nothing is given back. */
  abandon(): Promise<void>;
}

export interface TaskExecutorOptions {
  readonly bus: MessageBus;
  readonly definition: () => AgentDefinition;
  readonly services: () => AgentServices;
  readonly identity: () => { readonly id: string; readonly name: string; readonly incarnation: number };
  readonly logger: Logger;
}

/** How often it is asked for tasks that nobody drives, in milliseconds. */
const POLL_MS = 2000;
const CLAIMED_AT_ONCE = 20;
const DRIVEN_AT_MOST = 200;
/** A lease is renewed so often in its time. */
const RENEWALS = 3;

interface Held {
  readonly lease: { readonly id: string; readonly token: number };
  readonly drive: Drive;
}

export function createTaskExecutor(options: TaskExecutorOptions): TaskExecutor {
  const { bus, logger } = options;
  const held = new Map<string, Held>();
  let leaseMs = 10_000;
  let running: { readonly halt: AbortController; readonly done: Promise<void> } | undefined;
  let look = (): void => {};

  const { services } = options;

  const drive = ({ document, version, token }: VersionedTask): void => {
    const log = logger.child({ taskId: document.id });
    const halt = new AbortController();
    const driven = driveTask({
      task: { document, version, token },
      services: patientServices(services(), { signal: halt.signal, logger: log }),
      async plan(task, signal) {
        const { tasks } = options.definition();
        if (tasks !== undefined) return findPlan(tasks, task, { signal, logger: log });
        const message = 'The agent drives no tasks any more.';
        return { type: 'broken', error: { code: 'not_supported', message } };
      },
      say: (task, saying, signal) =>
        sayInConversation(task, saying, { bus, agent: options.identity(), signal, logger: log }),
      logger: log,
    });
    const mine: Held = {
      lease: { id: document.id, token },
      drive: {
        ...driven,
        abandon() {
          driven.abandon();
          halt.abort();
        },
      },
    };
    // A lease that had run out was taken again.
    held.get(document.id)?.drive.abandon();
    held.set(document.id, mine);
    log.info({ state: document.state, token }, 'driving a task');
    driven.ended
      .catch((err: unknown) =>
        log.error({ err }, 'a task could not be driven on; another instance can claim it'),
      )
      .finally(() => {
        halt.abort();
        if (held.get(document.id) === mine) held.delete(document.id);
      });
  };

  const claim = async (): Promise<void> => {
    while (held.size < DRIVEN_AT_MOST) {
      const claimed = await services().claimTasks({ limit: CLAIMED_AT_ONCE });
      leaseMs = claimed.leaseMs;
      for (const task of claimed.tasks) drive(task);
      if (claimed.tasks.length < CLAIMED_AT_ONCE) return;
    }
  };

  const renew = async (): Promise<void> => {
    if (held.size === 0) return;
    const asked = [...held.values()];
    const kept = new Map(
      (await services().renewLeases({ leases: asked.map(({ lease }) => lease) })).map((task) => [
        task.id,
        task,
      ]),
    );
    for (const { lease, drive } of asked) {
      const task = kept.get(lease.id);
      // Over, or with another one now: the drive finds out which.
      if (task === undefined || task.version > drive.version()) drive.refresh();
    }
  };

  /** Does it again and again, until the signal; a server that is away is asked again. */
  const repeatedly = async (
    work: () => Promise<void>,
    waitMs: () => number,
    signal: AbortSignal,
    what: string,
  ): Promise<void> => {
    for (;;) {
      const early = new AbortController();
      if (what === 'claim') look = () => early.abort();
      try {
        await work();
      } catch (err) {
        if (signal.aborted) return;
        const isAway =
          err instanceof ParleyError &&
          ['unavailable', 'store_unavailable', 'not_registered'].includes(err.code);
        logger[isAway ? 'debug' : 'warn']({ err }, `could not ${what} tasks; trying again`);
      }
      await delay(waitMs(), undefined, { signal: AbortSignal.any([signal, early.signal]) }).catch(() => {});
      if (signal.aborted) return;
    }
  };

  const halt = async (): Promise<void> => {
    running?.halt.abort();
    await running?.done;
    running = undefined;
  };
  const letGo = async (): Promise<Held[]> => {
    await halt();
    const all = [...held.values()];
    for (const { drive } of all) drive.abandon();
    await Promise.allSettled(all.map(({ drive }) => drive.ended));
    held.clear();
    return all;
  };

  return {
    start() {
      if (running !== undefined || options.definition().tasks === undefined) return;
      const stop = new AbortController();
      const { signal } = stop;
      running = {
        halt: stop,
        done: Promise.all([
          repeatedly(claim, () => POLL_MS, signal, 'claim'),
          repeatedly(renew, () => leaseMs / RENEWALS, signal, 'renew'),
        ]).then(() => {}),
      };
    },
    look: () => look(),
    async pause() {
      const all = await letGo();
      await Promise.all(
        all.map(({ lease }) =>
          services()
            .releaseTask({ lease })
            .catch((err: unknown) =>
              logger.debug({ err, taskId: lease.id }, 'a task was not given back; its lease runs out'),
            ),
        ),
      );
    },
    async abandon() {
      await letGo();
    },
  };
}
