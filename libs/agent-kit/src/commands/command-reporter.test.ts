import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@parley/process-kit';
import type { CommandEntry } from './command-entry.ts';
import { createCommandJournal } from './command-journal.ts';
import { type CommandLink, createCommandReporter, gatherMs } from './command-reporter.ts';
import { createKeptOutput } from './kept-output.ts';

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
        setImmediate(() => reporter.stop());
        await new Promise(setImmediate);
        told.push('end of output');
        return 1;
      },
      cancel() {},
    }),
    sendCommandState: async () => void told.push('state'),
    sendCommandResult: async () => void told.push('result'),
  } as unknown as CommandLink;
  const reporter = createCommandReporter(entry, () => link, createLogger('test', 'silent'));
  await reporter.done;
  await new Promise(setImmediate);
  expect(told).not.toContain('result');
  expect(entry.isTold).toBe(false);
});

/** Pieces of one command that a server keeps. */
const MAX_PIECES = 16_384;
const DAY_MS = 86_400_000;

describe('the time that output is gathered', () => {
  it('is hardly noticed at first', () => {
    expect([gatherMs(0), gatherMs(1000)]).toEqual([25, 25]);
    expect(gatherMs(5000)).toBeLessThan(1000);
  });

  it('lets a program print a little to both streams all day long', () => {
    const output = createKeptOutput(16 * 1024 * 1024);
    let seen = 0;
    for (let passedMs = 0; passedMs < DAY_MS; passedMs += gatherMs(seen)) {
      for (let line = 0; line < 10; line++) {
        output.add('stdout', '.');
        output.add('stderr', '!');
      }
      seen = output.after(seen).at(-1)?.seq ?? seen;
    }
    expect(output.isTruncated).toBe(false);
    expect(seen).toBeLessThan(MAX_PIECES);
    expect(seen).toBeGreaterThan(1000);
  });
});
