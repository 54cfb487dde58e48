import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ChatMessage } from '@parley/shared-models';
import { createRequestsInMemory, type RequestsInMemory } from '../testing/requests-in-memory.ts';
import { aFailure, aReply, speaker } from '../testing/samples.ts';
import type { RequestEvent } from './events.ts';

describe('what a process says whose agent id another one has taken', () => {
  let memory: RequestsInMemory;
  let asked: ChatMessage;
  beforeEach(() => {
    memory = createRequestsInMemory();
    asked = memory.routed();
  });

  const from = { ...speaker('finance'), isReplaced: true };
  const events = {
    replied: (): RequestEvent => ({ type: 'replied', ...aReply(asked), from }),
    settled: (): RequestEvent => ({ type: 'settled', requestId: asked.id, from, hops: [] }),
    failed: (): RequestEvent => ({ type: 'failed', ...aFailure(asked.id), from }),
  };
  const names = Object.keys(events) as (keyof typeof events)[];

  it.each(names)('does not count, and the request is routed again: %s', (name) => {
    const { outcome, request, effects } = memory.apply(events[name]());
    expect(outcome).toBe('done');
    expect(request).toMatchObject({ state: 'accepted', attempt: 1, agentId: undefined });
    expect(effects).toMatchObject([{ do: 'publish', entry: { message: asked, attempt: 1 } }]);
  });

  it.each(names)('does not count where the request is with another agent: %s', (name) => {
    asked = memory.routed('hr');
    expect(memory.apply(events[name]())).toMatchObject({ outcome: 'refused', refusal: 'not_due' });
    expect(memory.requests.get(asked.id)).toMatchObject({ state: 'routed', agentId: 'hr' });
  });

  it('counts where it stands beside the answer', () => {
    const { outcome, effects } = memory.apply({
      type: 'replied',
      ...aReply(asked),
      from,
      beside: { isOwn: false },
    });
    expect(outcome).toBe('done');
    expect(effects).toMatchObject([{ do: 'show', message: { seq: 2 } }]);
    expect(memory.requests.get(asked.id)?.state).toBe('routed');
  });
});
