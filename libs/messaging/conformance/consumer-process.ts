import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { QueueName } from '@parley/shared-models';
import type { BusAddress } from './bus-fixture.ts';

export interface ConsumerTask {
  readonly address: BusAddress;
  readonly queue: QueueName;
  readonly prefetch: number;
  /** Whether its handler fails, so that the message waits for its retry; otherwise it never ends. */
  readonly doesFail?: boolean;
  /** It kills itself when it is handed this text, and publishes everything else to that queue before it is finished. */
  readonly deadly?: { readonly text: string; readonly publishTo: QueueName };
}

/** A process of its own that takes messages and finishes none. */
export interface ConsumerProcess {
  /** Resolves once that many messages are in its hand. */
  hasInHand(count: number): Promise<void>;
  kill(): void;
  signal(signal: NodeJS.Signals): void;
  /** Closes its bus; the process must then end by itself. */
  closeBus(): void;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Resolves when it consumes. */
export async function startConsumerProcess(task: ConsumerTask): Promise<ConsumerProcess> {
  const main = fileURLToPath(new URL('./consumer-process-main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // The parent's NODE_OPTIONS are meant for jest.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  let inHand = -1;
  const changed = new EventTarget();
  child.on('message', (count: number) => {
    inHand = count;
    changed.dispatchEvent(new Event('change'));
  });

  const hasInHand = async (count: number): Promise<void> => {
    while (inHand < count) {
      await Promise.race([
        once(changed, 'change'),
        ended.then(() => {
          throw new Error(`the consumer process ended with ${inHand} in hand`);
        }),
      ]);
    }
  };

  await hasInHand(0);
  return {
    hasInHand,
    kill: () => child.kill('SIGKILL'),
    signal: (signal) => child.kill(signal),
    closeBus: () => child.send('close'),
    ended,
  };
}
