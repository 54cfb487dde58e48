import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { gate } from '@parley/messaging/test-queue';
import type { Logger } from '@parley/process-kit';
import { createMissedMessages, type MissedMessages } from './missed-messages.ts';

describe('looking for messages whose signals were lost', () => {
  const followed = ['one', 'two'];
  let read: jest.Mock<(ids: readonly string[]) => Promise<Map<string, number>>>;
  let found: [string, number][];
  let warn: jest.Mock;
  let missed: MissedMessages;

  const start = (conversationIds: () => readonly string[] = () => followed): void => {
    missed = createMissedMessages({
      store: { lastSeqs: read },
      logger: { warn } as Partial<Logger> as Logger,
      conversationIds,
      onLastSeq: (...each) => void found.push(each),
    });
    missed.start();
  };

  beforeEach(() => {
    jest.useFakeTimers();
    read = jest.fn(async () => new Map([['two', 7]]));
    found = [];
    warn = jest.fn();
  });
  afterEach(async () => {
    await missed.stop();
    jest.useRealTimers();
  });

  it('reads all conversations at once, every five seconds, and tells how far they are', async () => {
    start();
    await jest.advanceTimersByTimeAsync(4999);
    expect(read).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(read.mock.calls).toEqual([[followed]]);
    expect(found).toEqual([['two', 7]]);
    await jest.advanceTimersByTimeAsync(5000);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('reads nothing while nothing can have been missed, and begins when that has changed', async () => {
    let ids: string[] = [];
    start(() => ids);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(read).not.toHaveBeenCalled();
    ids = ['one'];
    await jest.advanceTimersByTimeAsync(5000);
    expect(read.mock.calls).toEqual([[['one']]]);
  });

  it('waits for a slow read before it begins another', async () => {
    const held = gate();
    read.mockImplementationOnce(async () => {
      await held.opened;
      return new Map();
    });
    start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(1);
    held.open();
    await jest.advanceTimersByTimeAsync(5000);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('goes on when the store cannot be read, and says so once for each time that it is away', async () => {
    const away = new Error('it is away');
    const fail = async (): Promise<never> => {
      throw away;
    };
    start();
    for (const outage of [1, 2]) {
      read.mockImplementationOnce(fail).mockImplementationOnce(fail);
      await jest.advanceTimersByTimeAsync(10_000);
      expect(warn).toHaveBeenCalledTimes(outage);
      expect(warn.mock.lastCall?.[0]).toEqual({ err: away });
      await jest.advanceTimersByTimeAsync(5000);
      expect(found).toHaveLength(outage);
    }
  });

  it('ends with what is under way, and tells nothing of it', async () => {
    const held = gate();
    read.mockImplementationOnce(async () => {
      await held.opened;
      return new Map([['one', 1]]);
    });
    start();
    await jest.advanceTimersByTimeAsync(5000);
    let hasStopped = false;
    const stopped = missed.stop().then(() => {
      hasStopped = true;
    });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(hasStopped).toBe(false);
    held.open();
    await stopped;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(1);
    expect(found).toEqual([]);
  });
});
