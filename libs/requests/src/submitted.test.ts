import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { createRequestsInMemory, type RequestsInMemory } from '../testing/requests-in-memory.ts';
import { aMessage } from '../testing/samples.ts';
import type { RequestEvent } from './events.ts';

describe('a submitted message', () => {
  let memory: RequestsInMemory;
  beforeEach(() => {
    memory = createRequestsInMemory();
  });

  const message = aMessage();
  const submitted: RequestEvent = { type: 'submitted', message, ownerId: 'ada' };

  it('is shown and published', () => {
    const target = { agentName: 'Finance' };
    const { outcome, request, effects } = memory.apply({ ...submitted, target, timeoutMs: 5000 });
    const stored = { ...message, seq: 1 };
    expect(outcome).toBe('done');
    expect(request).toMatchObject({
      state: 'accepted',
      attempt: 0,
      target,
      timeoutMs: 5000,
      isInOutbox: true,
    });
    expect(effects).toEqual([
      { do: 'show', message: stored },
      { do: 'publish', entry: { message: stored, target, attempt: 0 } },
    ]);
  });

  it('has the next number of its conversation', () => {
    memory.apply(submitted);
    const next = memory.submitted({ conversationId: message.conversationId });
    expect(next.seq).toBe(2);
  });

  it('is shown again when it comes again, and nothing else', () => {
    const first = memory.apply(submitted);
    const again = memory.apply({
      ...submitted,
      message: { ...message, createdAt: '2030-01-01T00:00:00.000Z' },
    });
    expect(again).toMatchObject({ outcome: 'repeated', message: first.message });
    expect(again.effects).toEqual([{ do: 'show', message: first.message }]);
    expect(again).not.toHaveProperty('writes');
  });

  it.each([
    ['another text', { text: 'Something else' }],
    ['another sender', { sender: { kind: 'user', id: 'bob', name: 'Bob' } }],
    ['another kind of sender', { sender: { kind: 'external', id: 'ada', name: 'Ada' } }],
    ['another conversation', { conversationId: newId() }],
  ] as const)('is refused when its id was used for %s', (_, difference) => {
    memory.apply(submitted);
    const conflicting = (): unknown => memory.apply({ ...submitted, message: { ...message, ...difference } });
    expect(conflicting).toThrow(expect.objectContaining({ code: 'id_conflict' }));
  });

  it("is refused in somebody else's conversation, whether or not it is in there", () => {
    memory.apply(submitted);
    for (const id of [newId(), message.id]) {
      const intruding = (): unknown =>
        memory.apply({ ...submitted, message: { ...message, id }, ownerId: 'eve' });
      expect(intruding).toThrow(expect.objectContaining({ code: 'forbidden' }));
    }
  });
});
