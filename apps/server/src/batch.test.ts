import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import { createBatch } from './batch.ts';

describe('a batch', () => {
  it('hands over what one turn of the event loop added in one group', async () => {
    const groups: number[][] = [];
    const batch = createBatch<number>(
      async (items) => void groups.push([...items]),
      () => {},
    );
    batch.add(1);
    batch.add(2);
    await Promise.resolve();
    batch.add(3);
    await batch.settled();
    expect(groups).toEqual([[1, 2, 3]]);
  });

  it('gathers the next group while one is under way', async () => {
    const groups: number[][] = [];
    const first = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const batch = createBatch<number>(
      async (items) => {
        groups.push([...items]);
        begun.resolve();
        if (groups.length === 1) await first.promise;
      },
      () => {},
    );
    batch.add(1);
    await begun.promise;
    batch.add(2);
    await new Promise((resolve) => setImmediate(resolve));
    batch.add(3);
    first.resolve();
    await batch.settled();
    expect(groups).toEqual([[1], [2, 3]]);
  });

  it('reports a group that failed, and goes on with the next', async () => {
    const failed: [string, number[]][] = [];
    const taken: number[] = [];
    const batch = createBatch<number>(
      async (items) => {
        if (items.includes(1)) throw new Error('full');
        taken.push(...items);
      },
      (error, items) => failed.push([(error as Error).message, [...items]]),
    );
    batch.add(1);
    await batch.settled();
    batch.add(2);
    await batch.settled();
    expect(failed).toEqual([['full', [1]]]);
    expect(taken).toEqual([2]);
  });

  it('is settled when nothing was added', async () => {
    const batch = createBatch<number>(
      async () => {},
      () => {},
    );
    await batch.settled();
  });

  it('hands over each item once, in order, one group at a time', async () => {
    const turns = fc.array(fc.nat({ max: 3 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(turns, async (pauses) => {
        const taken: number[] = [];
        let underWay = 0;
        const batch = createBatch<number>(
          async (items) => {
            underWay += 1;
            expect(underWay).toBe(1);
            await new Promise((resolve) => setImmediate(resolve));
            taken.push(...items);
            underWay -= 1;
          },
          () => {},
        );
        for (const [index, pause] of pauses.entries()) {
          batch.add(index);
          for (let turn = 0; turn < pause; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await batch.settled();
        expect(taken).toEqual(pauses.map((_, index) => index));
      }),
      { numRuns: runs(30) },
    );
  });
});
