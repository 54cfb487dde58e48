import { describe, expect, it } from '@jest/globals';
import { loadOf } from '@parley/shared-models';
import fc from 'fast-check';
import { collect } from '../../testing/collect.ts';
import { agentStatus } from '../../testing/in-memory-handlers.ts';
import { joinPieces, splitUpdate } from './status-pieces.ts';

async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('an update of the status stream', () => {
  it('comes out of its pieces as it went in, whatever their size', async () => {
    const update = fc.record({
      agents: fc.array(
        fc.string({ maxLength: 300 }).map((description) => agentStatus({ description })),
        { maxLength: 20 },
      ),
      isFull: fc.boolean(),
      removed: fc.array(fc.string(), { maxLength: 5 }),
      loads: fc.array(fc.constant(loadOf(agentStatus())), { maxLength: 3 }),
      revision: fc.string({ minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(update), fc.integer({ min: 1, max: 4_000 }), async (updates, pieceBytes) => {
        const pieces = updates.flatMap((one) => splitUpdate(one, pieceBytes));
        expect(await collect(joinPieces(inOrder(pieces)))).toEqual(updates);
      }),
    );
  });

  it('is one piece when it is small, also when it is empty', () => {
    expect(splitUpdate({ agents: [], isFull: true, removed: [] })).toEqual([
      { agents: [], isFull: true, removed: [], hasMore: false },
    ]);
  });

  it('keeps each piece under the limit that stock clients have', () => {
    const examples = Array.from({ length: 200 }, () => 'é'.repeat(300));
    const agents = Array.from({ length: 100 }, (_, n) => agentStatus({ agentId: `a-${n}`, examples }));
    const pieces = splitUpdate({ agents, isFull: true, removed: [] });
    const sizes = pieces.map((piece) => Buffer.byteLength(JSON.stringify(piece)));
    expect(Math.max(...sizes)).toBeLessThan(4 * 1024 * 1024);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.map((piece) => piece.isFull).filter(Boolean)).toHaveLength(1);
    expect(pieces.flatMap((piece) => piece.agents)).toHaveLength(100);
  });
});
