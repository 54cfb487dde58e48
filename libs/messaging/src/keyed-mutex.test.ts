import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createKeyedMutex } from './keyed-mutex.ts';

describe('a keyed mutex', () => {
  it('runs the work with one key one after another, in order', async () => {
    const mutex = createKeyedMutex();
    const first = Promise.withResolvers<string>();
    const log: string[] = [];
    const results = [
      mutex.run('a', async () => {
        log.push('first begins');
        return first.promise;
      }),
      mutex.run('a', async () => {
        log.push('second begins');
        return 'two';
      }),
      mutex.run('a', async () => {
        log.push('third begins');
        return 'three';
      }),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(['first begins']);
    first.resolve('one');
    expect(await Promise.all(results)).toEqual(['one', 'two', 'three']);
    expect(log).toEqual(['first begins', 'second begins', 'third begins']);
  });

  it('runs the work with different keys side by side', async () => {
    const mutex = createKeyedMutex();
    const meeting = Promise.withResolvers<void>();
    const waiting = mutex.run('a', () => meeting.promise);
    await mutex.run('b', async () => meeting.resolve());
    await waiting;
  });

  it('goes on after work that failed, and gives the error to the caller of that work', async () => {
    const mutex = createKeyedMutex();
    const failing = mutex.run('a', () => Promise.reject(new Error('broken')));
    const next = mutex.run('a', async () => 'fine');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('fine');
  });

  it('counts the work that has not ended, however it ends', async () => {
    const mutex = createKeyedMutex();
    const gate = Promise.withResolvers<void>();
    const works = ['a', 'a', 'b'].map((key) => mutex.run(key, () => gate.promise));
    const counts = (): number[] => ['a', 'b', 'c'].map((key) => mutex.pendingFor(key));
    expect([...counts(), mutex.pending]).toEqual([2, 1, 0, 3]);
    gate.reject(new Error('broken'));
    await Promise.allSettled(works);
    expect([...counts(), mutex.pending]).toEqual([0, 0, 0, 0]);
  });

  it('keeps the order of the work with each key, also after failures', async () => {
    const work = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      turns: fc.nat({ max: 3 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (works) => {
        const mutex = createKeyedMutex();
        const running = new Set<string>();
        const ended: number[] = [];
        await Promise.allSettled(
          works.map(({ key, turns, fails }, index) =>
            mutex.run(key, async () => {
              expect(running.has(key)).toBe(false);
              running.add(key);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              running.delete(key);
              ended.push(index);
              if (fails) throw new Error('broken');
            }),
          ),
        );
        expect(ended).toHaveLength(works.length);
        for (const key of ['a', 'b', 'c']) {
          const own = ended.filter((index) => works[index]?.key === key);
          expect(own).toEqual([...own].sort((one, other) => one - other));
        }
      }),
    );
  });
});
