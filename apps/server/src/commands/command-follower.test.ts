import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type CommandPiece, newId, ParleyError } from '@parley/shared-models';
import type { CommandStore } from '@parley/store';
import { silent } from '../../testing/server-fixture.ts';
import { createTestReader } from '../../testing/test-reader.ts';
import { createCommandFollower } from './command-follower.ts';

const RETRY_MS = 1000;

describe('a follower of a command', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits before it asks a store again that is away, also while it has a state to tell', async () => {
    const commandId = newId();
    const piece: CommandPiece = { stream: 'stdout', seq: 1, data: 'all of it' };
    const pages: (() => ReturnType<CommandStore['listOutput']>)[] = [
      async () => ({ pieces: [], hasMore: false }),
      () => Promise.reject(new ParleyError('store_unavailable', 'The store is away.')),
      async () => ({ pieces: [piece], hasMore: false }),
    ];
    const listOutput = jest.fn<CommandStore['listOutput']>(() => {
      const page = pages.shift();
      if (page === undefined) throw new Error('asked once too often');
      return page();
    });
    const reader = createTestReader();
    const commands = { listOutput };
    const follower = createCommandFollower({ reader, commandId, afterSeq: 0, commands, logger: silent });
    follower.catchUp();
    await jest.advanceTimersByTimeAsync(0);
    follower.onStatus(JSON.stringify({ type: 'command.status', id: commandId, state: 'succeeded' }), {
      isFinal: true,
      hasAll: false,
    });
    await jest.advanceTimersByTimeAsync(RETRY_MS - 1);
    expect(listOutput).toHaveBeenCalledTimes(2);
    expect(reader.frames).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(listOutput).toHaveBeenCalledTimes(3);
    expect(reader.frames).toMatchObject([
      { type: 'command.output', data: 'all of it' },
      { type: 'command.status', state: 'succeeded' },
    ]);
    follower.stop();
  });
});
