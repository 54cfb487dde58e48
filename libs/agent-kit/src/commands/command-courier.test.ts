import { expect, it } from '@jest/globals';
import { createLogger } from '@parley/process-kit';
import { type CommandLink, createCommandCourier } from './command-courier.ts';
import type { CommandEntry } from './command-entry.ts';
import { createCommandJournal } from './command-journal.ts';

it('begins nothing any more once it is stopped: nobody would hear that it failed', async () => {
  const command = {
    commandId: 'c',
    type: 'shell',
    content: 'ls',
    timeoutMs: 0,
    isCancellation: false,
  } as const;
  const entry: CommandEntry = createCommandJournal().add(command, 1000);
  entry.output.add('stdout', 'x');
  entry.result = { commandId: 'c', success: true, truncated: false, durationMs: 1 };
  const told: string[] = [];
  const link = {
    openCommandOutput: () => ({
      send: async () => void told.push('output'),
      async end() {
        // While it waits for the answer.
        setImmediate(() => courier.stop());
        await new Promise(setImmediate);
        told.push('end of output');
        return 1;
      },
      cancel() {},
    }),
    sendCommandState: async () => void told.push('state'),
    sendCommandResult: async () => void told.push('result'),
  } as unknown as CommandLink;
  const courier = createCommandCourier(entry, () => link, createLogger('test', 'silent'));
  await courier.done;
  await new Promise(setImmediate);
  expect(told).not.toContain('result');
  expect(entry.isTold).toBe(false);
});
