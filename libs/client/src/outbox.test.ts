import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import fc from 'fast-check';
import { createOutbox, type QueuedMessage } from './outbox.ts';

const message = (conversationId: string, text = 'hi'): QueuedMessage => ({
  position: newId(),
  frame: { type: 'message.send', id: newId(), conversationId, text },
});

describe('outbox', () => {
  it('lets one message of a conversation go at a time, in order', () => {
    const outbox = createOutbox();
    const conversation = newId();
    const [first, second] = [message(conversation), message(conversation)];
    outbox.add(first);
    outbox.add(second);
    expect(outbox.next()).toBe(first);
    expect(outbox.next()).toBeUndefined();
    outbox.remove(first.frame.id);
    expect(outbox.next()).toBe(second);
  });

  it('does not let one conversation wait for another', () => {
    const outbox = createOutbox();
    const [one, other] = [message(newId()), message(newId())];
    outbox.add(one);
    outbox.add(other);
    expect([outbox.next(), outbox.next()]).toEqual([one, other]);
    expect(outbox.underWay).toBe(2);
  });

  it('sends again in the old place', () => {
    const outbox = createOutbox();
    const [one, other] = [message(newId()), message(newId())];
    outbox.add(one);
    outbox.add(other);
    outbox.next();
    outbox.retry(one.frame.id);
    expect(outbox.next()).toBe(one);
  });

  it('keeps a message once, whatever its copies say', () => {
    const outbox = createOutbox();
    const kept = message(newId());
    expect(outbox.add(kept)).toBe(true);
    expect(outbox.add({ ...kept, position: newId() })).toBe(false);
    expect(outbox.list()).toEqual([kept]);
  });

  it('puts a message that was written earlier before those that wait', () => {
    const outbox = createOutbox();
    const conversation = newId();
    const [earlier, later] = [message(conversation), message(conversation)];
    outbox.add(later);
    outbox.add(earlier);
    expect(outbox.list()).toEqual([earlier, later]);
    expect(outbox.next()).toBe(earlier);
  });

  it('brings each message through once and in order, through any losses, refusals and retries', () => {
    const conversations = [newId(), newId(), newId()];
    type Step = { kind: 'write'; to: number } | { kind: 'next' | 'ack' | 'retry' | 'lose'; pick: number };
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), to: fc.nat({ max: 2 }) }),
      fc.record({ kind: fc.constantFrom('next', 'ack', 'retry', 'lose'), pick: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const outbox = createOutbox();
        const written: QueuedMessage[] = [];
        const acknowledged: QueuedMessage[] = [];
        let underWay: QueuedMessage[] = [];

        const acknowledge = (one: QueuedMessage | undefined) => {
          if (one === undefined) return;
          underWay = underWay.filter((other) => other !== one);
          outbox.remove(one.frame.id);
          acknowledged.push(one);
        };
        const next = () => {
          const one = outbox.next();
          if (one !== undefined) underWay.push(one);
          return one;
        };

        for (const action of steps) {
          const pick = 'pick' in action ? underWay[action.pick % Math.max(1, underWay.length)] : undefined;
          if (action.kind === 'write') {
            const one = message(conversations[action.to] ?? '');
            written.push(one);
            outbox.add(one);
          } else if (action.kind === 'next') next();
          else if (action.kind === 'ack') acknowledge(pick);
          else if (action.kind === 'retry' && pick !== undefined) {
            underWay = underWay.filter((other) => other !== pick);
            outbox.retry(pick.frame.id);
          } else if (action.kind === 'lose') {
            underWay = [];
            outbox.retryAll();
          }
          expect(outbox.underWay).toBe(underWay.length);
          expect(new Set(underWay.map(({ frame }) => frame.conversationId)).size).toBe(underWay.length);
        }
        for (const one of underWay) acknowledge(one);
        for (let one = next(); one !== undefined; one = next()) acknowledge(one);

        expect(outbox.size).toBe(0);
        for (const conversation of conversations) {
          const of = (messages: QueuedMessage[]) =>
            messages.filter(({ frame }) => frame.conversationId === conversation);
          expect(of(acknowledged)).toEqual(of(written));
        }
      }),
    );
  });
});
