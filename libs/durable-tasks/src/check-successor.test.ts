import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { after, aPlan, doing, planned } from '../testing/tasks.ts';
import { checkSuccessor } from './check-successor.ts';
import type { TaskDocument } from './task-document.ts';

describe('what may come after a task', () => {
  const before = after(planned(aPlan({ a: [], b: [] })), ...doing('a', { x: [1, 2] }));
  const changedStep = (id: string, change: object): TaskDocument => ({
    ...before,
    steps: before.steps.map((step) => (step.id === id ? { ...step, ...change } : step)),
  });

  it('is what follows from it by events', () => {
    const next = [before, after(before, ...doing('b')), after(before, { type: 'cancelled' })];
    for (const each of next)
      expect(() => checkSuccessor(before, JSON.parse(JSON.stringify(each)))).not.toThrow();
  });

  it.each([
    ['another state', { ...before, state: 'FAILED' as const }, { ...before, state: 'EXECUTING' as const }],
    ['another owner', before, { ...before, ownerId: 'bob' }],
    ['another conversation', before, { ...before, conversationId: newId() }],
    ['another group', before, { ...before, group: 'thief' }],
    ['a step less', before, { ...before, steps: before.steps.slice(1) }],
    ['another result', before, changedStep('a', { result: { x: [1, 3] } })],
    ['a step that is not done any more', before, changedStep('a', { state: 'pending' })],
    ['an attempt less', before, changedStep('a', { attempt: 0 })],
  ])('is not %s', (_, from, to) => {
    expect(() => checkSuccessor(from, to)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
