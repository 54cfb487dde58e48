import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { QueueName } from '@parley/shared-models';
import type { EmbeddedBusOptions } from './embedded-options.ts';

/** For tests: what another process with a bus is told to do. */
export type BusProcessOrder =
  /** `hold`: until `finish`; `echo`: publishes each to `server_input_queue` first. */
  | {
      readonly kind: 'consume';
      readonly queue: QueueName;
      readonly prefetch: number;
      readonly way: 'hold' | 'finish' | 'echo';
    }
  | { readonly kind: 'finish' }
  /** Publishes 0, 1, 2, … ten at a time, without end. */
  | { readonly kind: 'flood'; readonly queue: QueueName }
  /** Nothing but the bus keeps the process from then on. */
  | { readonly kind: 'forget-ipc' }
  | { readonly kind: 'close' };

export type BusProcessEvent =
  | { readonly kind: 'open' }
  | { readonly kind: 'done'; readonly order: BusProcessOrder['kind'] }
  | { readonly kind: 'delivered'; readonly text: string; readonly redeliveries: number }
  | { readonly kind: 'published'; readonly number: number }
  | { readonly kind: 'logged'; readonly message: string };

export interface BusProcess {
  readonly events: readonly BusProcessEvent[];
  order(order: BusProcessOrder): void;
  /** Resolves with the first event so far or to come for which `isIt` holds; rejects when the process ends before. */
  event(isIt: (event: BusProcessEvent) => boolean): Promise<BusProcessEvent>;
  /** The same for a number of them. */
  count(count: number, isIt: (event: BusProcessEvent) => boolean): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  readonly pid: number;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Resolves when its bus is open. */
export async function startBusProcess(options: Omit<EmbeddedBusOptions, 'logger'>): Promise<BusProcess> {
  const main = fileURLToPath(new URL('./bus-process-main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // The parent's NODE_OPTIONS are meant for jest.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const started = follow(child);
  await started.event(({ kind }) => kind === 'open');
  return started;
}

function follow(child: ChildProcess): BusProcess {
  const events: BusProcessEvent[] = [];
  const arrivals = new EventTarget();
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  child.on('message', (event: BusProcessEvent) => {
    events.push(event);
    arrivals.dispatchEvent(new Event('event'));
  });

  async function count(wanted: number, isIt: (event: BusProcessEvent) => boolean): Promise<void> {
    while (events.filter(isIt).length < wanted) {
      await Promise.race([
        once(arrivals, 'event'),
        ended.then(() => {
          throw new Error(`the process ended after ${JSON.stringify(events.slice(-5))}`);
        }),
      ]);
    }
  }

  return {
    events,
    order: (order) => {
      child.send(order);
    },
    count,
    async event(isIt) {
      await count(1, isIt);
      const found = events.find(isIt);
      if (found === undefined) throw new Error('counted an event that is not there');
      return found;
    },
    signal: (signal) => {
      child.kill(signal);
    },
    pid: child.pid ?? 0,
    ended,
  };
}
