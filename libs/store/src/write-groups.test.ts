import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { silentLogger } from './store-logger.ts';
import type { Write } from './write-groups.ts';
import { createWriteGroups, type WriteGroupsOptions } from './write-groups.ts';

class Passing extends Error {}

/** Writes that are their own name, and a commit that notes which came together. */
function createRecorder(options: Partial<WriteGroupsOptions> = {}) {
  const groups: { names: unknown[]; isDurable: boolean }[] = [];
  const writeGroups = createWriteGroups({
    commit: (writes, isDurable) => {
      const names = writes.map((write) => write.run(undefined as never));
      groups.push({ names, isDurable });
      return names.map((result) => ({ result }));
    },
    isPassing: (error) => error instanceof Passing,
    portError: (error) => error,
    logger: silentLogger,
    timeoutMs: 60_000,
    limit: 3,
    ...options,
  });
  return { writeGroups, groups };
}

const write = (name: string): Write<string> => ({ keys: {}, run: () => name });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('write groups', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('commit together what comes in one turn, in its order, at most so many', async () => {
    const { writeGroups, groups } = createRecorder();
    const results = await Promise.all(['a', 'b', 'c', 'd'].map((name) => writeGroups.add(write(name))));
    expect(results).toEqual(['a', 'b', 'c', 'd']);
    expect(groups.map(({ names }) => names)).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('commit a write at once after a quiet time, and then gather what the turn brings', async () => {
    // The clock of `performance` stands still: no time passes after the first group.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
    const { writeGroups, groups } = createRecorder();
    await writeGroups.add(write('alone'));
    expect(groups).toHaveLength(1);
    const first = writeGroups.add(write('a'));
    await Promise.resolve();
    expect(groups).toHaveLength(1);
    const second = writeGroups.add(write('b'));
    await Promise.all([first, second]);
    expect(groups.map(({ names }) => names)).toEqual([['alone'], ['a', 'b']]);
    const turnBefore = groups.length;
    jest.advanceTimersByTime(10);
    const later = writeGroups.add(write('c'));
    await Promise.resolve();
    expect(groups).toHaveLength(turnBefore + 1);
    await later;
  });

  it('let lazy writes wait for others, and go by themselves when none come', async () => {
    // Only writes that wait for a time: on a busy machine two turns may take longer than a lazy write waits.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
    const { writeGroups, groups } = createRecorder();
    const marking = writeGroups.add(write('lazy'), 'lazy');
    await turn();
    await turn();
    expect(groups).toEqual([]);
    await Promise.all([writeGroups.add(write('a')), marking]);
    expect(groups.map(({ names }) => names)).toEqual([['lazy', 'a']]);
    const alone = writeGroups.add(write('alone'), 'lazy');
    jest.runAllTimers();
    await expect(alone).resolves.toBe('alone');
  });

  it('are durable when one of them has to be', async () => {
    const { writeGroups, groups } = createRecorder();
    await Promise.all([writeGroups.add(write('a'), 'lazy'), writeGroups.add(write('b'), 'prompt')]);
    await Promise.all([writeGroups.add(write('c'), 'prompt'), writeGroups.add(write('d'))]);
    expect(groups.map(({ isDurable }) => isDurable)).toEqual([false, true]);
  });

  it('gather what comes while a commit is under way', async () => {
    const commits: (() => void)[] = [];
    const sizes: number[] = [];
    const { writeGroups } = createRecorder({
      commit: (writes) => {
        sizes.push(writes.length);
        return new Promise((resolve) => commits.push(() => resolve(writes.map(() => ({ result: 'done' })))));
      },
    });
    const first = writeGroups.add(write('a'));
    await turn();
    const rest = [writeGroups.add(write('b')), writeGroups.add(write('c'))];
    await turn();
    expect(sizes).toEqual([1]);
    commits.shift()?.();
    await first;
    await turn();
    expect(sizes).toEqual([1, 2]);
    commits.shift()?.();
    await Promise.all(rest);
  });

  it('give each write its own outcome', async () => {
    const { writeGroups } = createRecorder({
      commit: () => [{ result: 1 }, { error: new Error('refused') }, { result: 3 }],
    });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => writeGroups.add(write(name))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail together when the commit fails for good, and not those that come after', async () => {
    let failures = 0;
    const { writeGroups } = createRecorder({
      commit: (writes) => {
        if (failures++ === 0) throw new Error('disk full');
        return writes.map(() => ({ result: 'done' }));
      },
    });
    const outcomes = await Promise.allSettled([writeGroups.add(write('a')), writeGroups.add(write('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(writeGroups.add(write('c'))).resolves.toBe('done');
  });

  it.each([false, true])('are tried again while the trouble passes (asynchronous: %s)', async (isAsync) => {
    let failures = 0;
    const { writeGroups } = createRecorder({
      commit: (writes) => {
        const results = writes.map(() => ({ result: 'done' }));
        if (failures++ < 3) {
          if (isAsync) return Promise.reject(new Passing());
          throw new Passing();
        }
        return isAsync ? Promise.resolve(results) : results;
      },
    });
    const first = writeGroups.add(write('a'));
    await turn();
    await expect(Promise.all([first, writeGroups.add(write('b'))])).resolves.toEqual(['done', 'done']);
    expect(failures).toBe(4);
  });

  it('give up when the trouble lasts', async () => {
    const { writeGroups } = createRecorder({
      timeoutMs: 20,
      commit: () => {
        throw new Passing('held for long');
      },
    });
    await expect(writeGroups.add(write('a'))).rejects.toThrow('held for long');
  });

  it('report trouble once, and its end', async () => {
    const reports: string[] = [];
    const note = (_: object, message: string): void => {
      reports.push(message);
    };
    let failures = 0;
    const { writeGroups } = createRecorder({
      logger: { ...silentLogger, warn: note, info: note },
      commit: (writes) => {
        if (failures++ < 3) throw new Error('disk full');
        return writes.map(() => ({ result: 'done' }));
      },
    });
    for (let count = 0; count < 5; count++) await Promise.allSettled([writeGroups.add(write('a'))]);
    expect(reports).toEqual(['the store cannot be written to', 'the store can be written to again']);
  });

  it('do not wait for others when they are closed', async () => {
    const { writeGroups, groups } = createRecorder();
    const marking = writeGroups.add(write('lazy'), 'lazy');
    const closing = writeGroups.close();
    await turn();
    expect(groups.map(({ names }) => names)).toEqual([['lazy']]);
    await Promise.all([marking, closing]);
  });

  it('commit what is pending when they are closed, and refuse what comes after', async () => {
    const { writeGroups, groups } = createRecorder({ limit: 1 });
    const pending = [
      writeGroups.add(write('a')),
      writeGroups.add(write('b')),
      writeGroups.add(write('c'), 'lazy'),
    ];
    const closing = writeGroups.close();
    await expect(writeGroups.add(write('late'))).rejects.toMatchObject({ code: 'store_unavailable' });
    await Promise.all([closing, writeGroups.close()]);
    expect(groups.map(({ names }) => names)).toEqual([['a'], ['b'], ['c']]);
    await expect(Promise.all(pending)).resolves.toEqual(['a', 'b', 'c']);
  });
});
