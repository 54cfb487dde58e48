import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSequencer } from './sequencer.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

describe('sequencer', () => {
  it('hands on 1 to n once and in order, whatever is repeated, missing for a while, or out of order', () => {
    const arrivals = fc.integer({ min: 1, max: 40 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        order: fc
          .array(fc.integer({ min: 1, max: count }), { maxLength: 60 })
          .chain((repeats) =>
            fc.shuffledSubarray([...numbers(count), ...repeats], { minLength: count + repeats.length }),
          ),
      }),
    );
    fc.assert(
      fc.property(arrivals, ({ count, order }) => {
        const sequencer = createSequencer(0);
        const seen = order.flatMap((seq) => seqs(sequencer.accept({ seq })));
        expect(seen).toEqual(numbers(count));
        expect(sequencer).toMatchObject({ lastSeq: count, hasGap: false });
      }),
    );
  });

  it('loses nothing with few held messages when the missing ones are sent again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }),
        (count, maxHeld, picks) => {
          const sequencer = createSequencer(0, maxHeld);
          const arrivals = [...picks.filter((seq) => seq <= count), count];
          const seen = arrivals.flatMap((seq) => seqs(sequencer.accept({ seq })));
          // The server sends the missing messages on request.
          for (let seq = (sequencer.lastSeq ?? 0) + 1; seq <= count && sequencer.hasGap; seq++) {
            seen.push(...seqs(sequencer.accept({ seq })));
          }
          expect(seen).toEqual(numbers(count));
          expect(sequencer.hasGap).toBe(false);
        },
      ),
    );
  });

  it('notices a gap and closes it', () => {
    const sequencer = createSequencer(3);
    expect(sequencer.accept({ seq: 6 })).toEqual([]);
    expect(sequencer.hasGap).toBe(true);
    expect(seqs(sequencer.accept({ seq: 4 }))).toEqual([4]);
    expect(sequencer.hasGap).toBe(true);
    expect(seqs(sequencer.accept({ seq: 5 }))).toEqual([5, 6]);
    expect(sequencer.hasGap).toBe(false);
  });

  it('holds the messages that it will need first, when it may not hold all', () => {
    const sequencer = createSequencer(0, 2);
    for (const seq of [9, 4, 3, 8]) expect(sequencer.accept({ seq })).toEqual([]);
    expect([1, 2].flatMap((seq) => seqs(sequencer.accept({ seq })))).toEqual([1, 2, 3, 4]);
    expect(sequencer.hasGap).toBe(true);
  });

  it('begins with the first message when it does not know where to begin', () => {
    const sequencer = createSequencer();
    expect(sequencer.lastSeq).toBeUndefined();
    expect(seqs(sequencer.accept({ seq: 57 }))).toEqual([57]);
    expect(seqs(sequencer.accept({ seq: 56 }))).toEqual([]);
    expect(sequencer.lastSeq).toBe(57);
  });

  it('hands a message on again after it was told to begin earlier', () => {
    const sequencer = createSequencer(0);
    for (const seq of [1, 2, 3, 2]) sequencer.accept({ seq });
    // Emitted messages are not kept: the server sends them again.
    expect(sequencer.startAfter(1)).toEqual([]);
    expect(sequencer).toMatchObject({ lastSeq: 1, hasGap: true });
    expect([2, 3].flatMap((seq) => seqs(sequencer.accept({ seq })))).toEqual([2, 3]);
    expect(sequencer.hasGap).toBe(false);
  });

  it('returns held messages when it begins just before them', () => {
    const sequencer = createSequencer(0);
    for (const seq of [4, 5, 7]) sequencer.accept({ seq });
    expect(seqs(sequencer.startAfter(4))).toEqual([5]);
    expect(sequencer).toMatchObject({ lastSeq: 5, hasGap: true });
  });
});
