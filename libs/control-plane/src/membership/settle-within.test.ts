import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { recordingLogger } from '../../testing/recording-logger.ts';
import { settleWithin } from './settle-within.ts';

describe('settleWithin', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is done when the work is, and leaves no timer behind', async () => {
    const logger = recordingLogger();
    await settleWithin(1_000, logger, 'could not', async () => {});
    expect(jest.getTimerCount()).toBe(0);
    expect(logger.lines).toEqual([]);
  });

  it('logs a failure instead of throwing it', async () => {
    const logger = recordingLogger();
    const err = new Error('no');
    await settleWithin(1_000, logger, 'could not', () => Promise.reject(err));
    expect(logger.lines).toEqual([{ level: 'warn', message: 'could not', fields: { err } }]);
  });

  it('waits no longer than it was told to', async () => {
    const logger = recordingLogger();
    const settled = settleWithin(1_000, logger, 'could not', () => new Promise(() => {}));
    jest.advanceTimersByTime(1_000);
    await settled;
    expect(logger.lines).toEqual([
      { level: 'warn', message: 'could not: out of time', fields: { timeoutMs: 1_000 } },
    ]);
  });
});
