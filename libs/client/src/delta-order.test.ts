import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import fc from 'fast-check';
import { createDeltaOrder, type Delta } from './delta-order.ts';

const conversationId = newId();
const pieces = (messageId: string) => (index: number) =>
  ({ type: 'message.delta', messageId, conversationId, agentId: 'echo', index, text: `${index}` }) as Delta;
const indexes = (deltas: readonly Delta[]) => deltas.map(({ index }) => index);

describe('pieces of a message that is being written', () => {
  it('come in order and once each, whatever is repeated or out of order', () => {
    const arrivals = fc
      .integer({ min: 1, max: 30 })
      .chain((count) =>
        fc
          .array(fc.integer({ min: 0, max: count - 1 }), { maxLength: 30 })
          .chain((repeats) =>
            fc.shuffledSubarray([...Array(count).keys(), ...repeats], { minLength: count + repeats.length }),
          ),
      );
    fc.assert(
      fc.property(arrivals, (order) => {
        const deltas = createDeltaOrder();
        const piece = pieces(newId());
        const seen = order.flatMap((index) => indexes(deltas.accept(piece(index))));
        expect(seen).toEqual([...new Set(order)].sort((a, b) => a - b));
      }),
    );
  });

  it('of two messages do not wait for each other', () => {
    const deltas = createDeltaOrder();
    const [one, other] = [pieces(newId()), pieces(newId())];
    expect(indexes(deltas.accept(one(1)))).toEqual([]);
    expect(indexes(deltas.accept(other(0)))).toEqual([0]);
  });

  it('are dropped after the finished message', () => {
    const deltas = createDeltaOrder();
    const messageId = newId();
    const piece = pieces(messageId);
    deltas.accept(piece(0));
    deltas.finish(messageId);
    expect([0, 1].flatMap((index) => deltas.accept(piece(index)))).toEqual([]);
  });

  it('end for good when more are held back than may be', () => {
    const deltas = createDeltaOrder({ maxHeld: 2 });
    const piece = pieces(newId());
    for (const index of [1, 2, 3]) deltas.accept(piece(index));
    expect(deltas.accept(piece(0))).toEqual([]);
  });

  it('of the message that was quiet longest are forgotten first', () => {
    const deltas = createDeltaOrder({ maxMessages: 2 });
    const [one, two, three] = [pieces(newId()), pieces(newId()), pieces(newId())];
    for (const piece of [one, two, three]) deltas.accept(piece(0));
    expect(indexes(deltas.accept(three(1)))).toEqual([1]);
    expect(indexes(deltas.accept(one(1)))).toEqual([]);
  });

  it('are forgotten with their conversation', () => {
    const deltas = createDeltaOrder();
    const piece = pieces(newId());
    deltas.accept(piece(0));
    deltas.leave(conversationId);
    expect(indexes(deltas.accept(piece(1)))).toEqual([]);
  });
});
