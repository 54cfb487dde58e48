import { describe, expect, it } from '@jest/globals';
import { createConversationOrder } from './conversation-order.ts';

describe('the order of a conversation', () => {
  it('is that in which the work came, also when some of it fails', async () => {
    const order = createConversationOrder();
    const done: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = order.after('a', async () => {
      await gate.promise;
      done.push('first');
      throw new Error('failed');
    });
    const second = order.after('a', async () => {
      done.push('second');
      return 2;
    });
    await order.after('b', async () => void done.push('elsewhere'));
    expect(done).toEqual(['elsewhere']);
    gate.resolve();
    await expect(first).rejects.toThrow('failed');
    expect(await second).toBe(2);
    expect(done).toEqual(['elsewhere', 'first', 'second']);
  });

  it('counts what waits, and forgets conversations in which nothing does', async () => {
    const order = createConversationOrder();
    const gate = Promise.withResolvers<void>();
    const works = ['a', 'a', 'b'].map((conversation) => order.after(conversation, () => gate.promise));
    expect([order.waitingIn('a'), order.waitingIn('b'), order.waitingIn('c'), order.waiting]).toEqual([
      2, 1, 0, 3,
    ]);
    expect(order.conversations).toBe(2);
    gate.resolve();
    await Promise.all(works);
    expect([order.waitingIn('a'), order.waitingIn('b'), order.waiting]).toEqual([0, 0, 0]);
    expect(order.conversations).toBe(0);
  });
});
