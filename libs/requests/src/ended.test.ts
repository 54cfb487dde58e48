import { beforeEach, describe, expect, it } from '@jest/globals';
import { ChatMessage, LIMITS, newId } from '@parley/shared-models';
import { createRequestsInMemory, type RequestsInMemory } from '../testing/requests-in-memory.ts';
import { aDeath, aFailure, aReply, aRouting, hops } from '../testing/samples.ts';
import type { Died, Failed, RequestEvent, Reset, Stopped, TimedOut } from './events.ts';

let memory: RequestsInMemory;
let asked: ChatMessage;
beforeEach(() => {
  memory = createRequestsInMemory();
  asked = memory.routed();
});

const error = { code: 'agent_timeout', message: 'It took too long.' } as const;

/** Each way in which a request that the agent has ends without an answer. */
const endings = {
  failed: (id: string): Failed => ({ type: 'failed', ...aFailure(id, 'finance') }),
  died: (id: string): Died => ({ type: 'died', ...aDeath(id, 'finance') }),
  'timed-out': (id: string): TimedOut => ({ type: 'timed-out', requestId: id, attempt: 0, error }),
  stopped: (id: string): Stopped => ({ type: 'stopped', requestId: id }),
  reset: (id: string): Reset => ({ type: 'reset', requestId: id }),
};
const names = Object.keys(endings) as (keyof typeof endings)[];
const end = (name: keyof typeof endings, id = asked.id) => memory.apply(endings[name](id));
const loseAgent = () => memory.apply({ type: 'agent-gone', requestId: asked.id, agentId: 'finance' });

describe('a request that ends without an answer', () => {
  it.each([
    ['failed', 'failed', 'no_agent_online', false],
    ['died', 'dead_lettered', 'no_agent_online', false],
    ['timed-out', 'failed', 'agent_timeout', true],
    ['stopped', 'failed', 'cancelled', true],
    ['reset', 'failed', 'queue_reset', true],
  ] as const)('has an error in its conversation: %s', (name, state, code, isCancelled) => {
    const { outcome, request, message, effects } = end(name);
    expect(outcome).toBe('done');
    expect(request).toMatchObject({ state, error: { code }, isInOutbox: false });
    expect(message).toMatchObject({
      conversationId: asked.conversationId,
      seq: 2,
      kind: 'ERROR',
      sender: { kind: 'system', id: 'parley', name: 'Parley' },
      receiver: asked.sender,
      text: request?.error?.message,
      inReplyTo: asked.id,
      createdAt: new Date(memory.now).toISOString(),
      metadata: { code },
    });
    expect(ChatMessage.parse(message)).toEqual(message);
    const cancel = { do: 'cancel', requestId: asked.id, agentId: 'finance' };
    expect(effects).toMatchObject([
      { do: 'show', message: { id: message?.id }, status: { status: state } },
      ...(isCancelled ? [cancel] : []),
    ]);
    expect(effects).toHaveLength(isCancelled ? 2 : 1);
  });

  it.each(names)('is told again, without a further error, when it has ended before: %s', (name) => {
    end('failed');
    const again = end(name);
    expect(again.outcome).toBe('repeated');
    expect(again).not.toHaveProperty('writes');
    expect(again.effects.slice(0, 2)).toMatchObject([
      { do: 'look', conversationId: asked.conversationId },
      { do: 'tell', status: { status: 'failed', error: { code: 'no_agent_online' } } },
    ]);
  });

  it.each(names)('stays answered where it has been answered: %s', (name) => {
    memory.apply({ type: 'replied', ...aReply(asked) });
    expect(end(name)).toMatchObject({ outcome: 'refused', refusal: 'ended', effects: [] });
    expect(memory.requests.get(asked.id)?.state).toBe('answered');
  });

  it.each(names)('is unknown where there is no such request: %s', (name) => {
    expect(end(name, newId())).toMatchObject({ outcome: 'refused', refusal: 'unknown', effects: [] });
  });

  it.each(['failed', 'died', 'timed-out'] as const)('goes on where it is on a later attempt: %s', (name) => {
    loseAgent();
    const event = { ...endings[name](asked.id), attempt: 0 };
    expect(memory.apply(event)).toMatchObject({ refusal: 'overtaken', effects: [] });
    expect(memory.requests.get(asked.id)?.state).toBe('accepted');
    expect(memory.apply({ ...event, attempt: 1 })).toMatchObject({ outcome: 'done' });
  });

  it.each(['failed', 'died'] as const)('goes on where another agent has it: %s', (name) => {
    loseAgent();
    memory.apply({ type: 'routed', ...aRouting(asked.id, 'hr', 1) });
    expect(end(name)).toMatchObject({ refusal: 'other_agent', effects: [] });
    expect(memory.requests.get(asked.id)?.state).toBe('routed');
  });

  it.each([
    ['the broker found nobody', (id: string): RequestEvent => ({ type: 'failed', ...aFailure(id) })],
    ['it died on its way to the broker', (id: string): RequestEvent => ({ type: 'died', ...aDeath(id) })],
  ])('goes on where an agent has it, and of another copy it is said that %s', (_, event) => {
    expect(memory.apply(event(asked.id))).toMatchObject({ refusal: 'overtaken', effects: [] });
    const waiting = memory.submitted();
    expect(memory.apply(event(waiting.id))).toMatchObject({ outcome: 'done' });
  });

  it('ends where what an agent said of it died on its way, whoever has it', () => {
    expect(memory.apply({ type: 'died', ...aDeath(asked.id), where: 'answered' })).toMatchObject({
      outcome: 'done',
      request: { state: 'dead_lettered' },
    });
  });

  it('keeps the hops that are known when the event comes without', () => {
    const { request } = memory.apply({ type: 'failed', ...aFailure(asked.id, 'finance'), hops: [] });
    expect(request?.hops).toEqual(hops('server', 'broker'));
  });

  it('says why in a text that can be stored', () => {
    const message = `\u0000${'x'.repeat(LIMITS.textLength)}`;
    const failure = { ...aFailure(asked.id, 'finance'), error: { ...error, message } };
    const { text } = memory.apply({ type: 'failed', ...failure }).message ?? {};
    expect(text).toHaveLength(LIMITS.textLength);
    expect(text).toMatch(/^\uFFFDx/);
  });

  it('has a further error when it is replayed and ends again', () => {
    const first = end('died');
    memory.apply({ type: 'replayed', requestId: asked.id });
    const second = memory.apply({ type: 'died', ...aDeath(asked.id) });
    expect(second).toMatchObject({ outcome: 'done', message: { seq: 3 } });
    expect(second.message?.id).not.toBe(first.message?.id);
  });
});
