import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import fc from 'fast-check';
import { createDeltaOrder, type Delta, type DeltaOrder } from './delta-order.ts';

const conversationId = newId();
const pieces = (messageId: string) => (index: number) =>
  ({ type: 'message.delta', messageId, conversationId, agentId: 'echo', index, text: `${index}` }) as Delta;
const taken = (deltas: DeltaOrder, piece: (index: number) => Delta, indexes: readonly number[]): number[] =>
  indexes.filter((index) => deltas.accept(piece(index)));

describe('pieces of a message that is being written', () => {
  it('come in order and once each, whatever is repeated or late', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 60 }), (order) => {
        const seen = taken(createDeltaOrder(), pieces(newId()), order);
        const newest = order.filter((index, at) => order.slice(0, at).every((before) => before < index));
        expect(seen).toEqual(newest);
      }),
    );
  });

  it('are shown from where this client came to it, and on after some were lost', () => {
    expect(taken(createDeltaOrder(), pieces(newId()), [7, 8, 12, 13])).toEqual([7, 8, 12, 13]);
  });

  it('of two messages have nothing to do with each other', () => {
    const deltas = createDeltaOrder();
    const [one, other] = [pieces(newId()), pieces(newId())];
    expect(taken(deltas, one, [5])).toEqual([5]);
    expect(taken(deltas, other, [0])).toEqual([0]);
  });

  it('are dropped after the finished message', () => {
    const deltas = createDeltaOrder();
    const messageId = newId();
    const piece = pieces(messageId);
    taken(deltas, piece, [0]);
    deltas.finish(messageId);
    expect(taken(deltas, piece, [0, 1])).toEqual([]);
  });

  it('of the message that was quiet longest are forgotten first', () => {
    const deltas = createDeltaOrder({ maxMessages: 2 });
    const [one, two, three] = [pieces(newId()), pieces(newId()), pieces(newId())];
    taken(deltas, one, [3]);
    taken(deltas, two, [3]);
    taken(deltas, one, [4]);
    taken(deltas, three, [3]);
    expect(taken(deltas, one, [0])).toEqual([]);
    expect(taken(deltas, two, [0])).toEqual([0]);
  });

  it('are forgotten with their conversation', () => {
    const deltas = createDeltaOrder();
    const piece = pieces(newId());
    taken(deltas, piece, [3]);
    deltas.leave(conversationId);
    expect(taken(deltas, piece, [0])).toEqual([0]);
  });
});
