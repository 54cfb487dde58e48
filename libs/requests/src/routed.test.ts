import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { createRequestsInMemory, type RequestsInMemory } from '../testing/requests-in-memory.ts';
import { aDeath, aDecision, aFailure, aReply, aRouting, hops } from '../testing/samples.ts';
import { MAX_ATTEMPTS } from './routed.ts';

let memory: RequestsInMemory;
beforeEach(() => {
  memory = createRequestsInMemory();
});

const route = (...routing: Parameters<typeof aRouting>) =>
  memory.apply({ type: 'routed', ...aRouting(...routing) });
const lose = (requestId: string, agentId: string | undefined = 'finance') =>
  memory.apply({ type: 'agent-gone', requestId, agentId });
const published = (): string => {
  const { id } = memory.submitted();
  memory.markPublished(id);
  return id;
};
const answered = (): string => {
  const request = memory.routed();
  memory.apply({ type: 'replied', ...aReply(request) });
  return request.id;
};
const failed = (): string => {
  const { id } = memory.submitted();
  memory.apply({ type: 'failed', ...aFailure(id) });
  return id;
};
const dead = (): string => {
  const { id } = memory.routed();
  memory.apply({ type: 'died', ...aDeath(id, 'finance') });
  return id;
};

describe('a routed request', () => {
  it('is handed over to the agent that was chosen', () => {
    const { id, conversationId } = memory.submitted();
    const { request, effects } = route(id);
    expect(request).toMatchObject({
      state: 'routed',
      agentId: 'finance',
      isInOutbox: false,
      routedAt: memory.now,
      unansweredMs: 0,
    });
    const routing = aDecision('finance');
    const status = {
      messageId: id,
      conversationId,
      status: 'routed',
      routing,
      hops: hops('server', 'broker'),
    };
    expect(effects).toEqual([{ do: 'hand-over', status }]);
  });

  it('is handed over again by a second decision, to the agent of the first', () => {
    const { id } = memory.submitted();
    const first = route(id);
    const second = route(id, 'hr');
    expect(second).toMatchObject({ outcome: 'repeated', effects: first.effects });
    expect(second).not.toHaveProperty('writes');
  });

  it('keeps the hops that are known when the decision comes without', () => {
    const { id } = memory.routed();
    lose(id);
    const known = memory.requests.get(id)?.hops;
    memory.apply({ type: 'routed', ...aRouting(id, 'hr', 1), hops: [] });
    expect(memory.requests.get(id)?.hops).toEqual(known);
  });

  it.each([
    ['unknown', 'there is no such request', () => newId(), 0],
    ['unknown', 'there is no such attempt yet', () => memory.submitted().id, 1],
    ['ended', 'it is answered', answered, 0],
    ['ended', 'it has failed', failed, 0],
    ['ended', 'it is a dead letter', dead, 0],
  ] as const)('is refused as %s where %s', (refusal, _, make, attempt) => {
    const id = make();
    expect(route(id, 'finance', attempt)).toMatchObject({ outcome: 'refused', refusal, effects: [] });
  });

  it('is refused as overtaken where it is on a later attempt', () => {
    const { id } = memory.routed();
    lose(id);
    expect(route(id)).toMatchObject({ outcome: 'refused', refusal: 'overtaken' });
    expect(route(id, 'hr', 1)).toMatchObject({ outcome: 'done' });
  });
});

describe('a request whose agent is gone', () => {
  it('is published as a further attempt, with the place where it was lost', () => {
    const message = memory.routed();
    const { request, effects } = lose(message.id);
    const been = [
      ...hops('server', 'broker'),
      { service: 'lost:finance', at: new Date(memory.now).toISOString() },
    ];
    expect(request).toMatchObject({ state: 'accepted', attempt: 1, agentId: undefined, decision: undefined });
    expect(effects).toEqual([{ do: 'publish', entry: { message, attempt: 1, hops: been } }]);
  });

  it.each([
    ['unknown', 'there is no such request', () => newId()],
    ['not_due', 'another agent has it', () => memory.routed('hr').id],
    ['not_due', 'it still waits in the outbox', () => memory.submitted().id],
    ['ended', 'it is answered', answered],
    ['ended', 'it has failed', failed],
    ['ended', 'it is a dead letter', dead],
  ] as const)('stays as it is, %s, where %s', (refusal, _, make) => {
    const id = make();
    expect(lose(id)).toMatchObject({ outcome: 'refused', refusal, effects: [] });
  });

  it.each(['finance', undefined])(
    'is routed again where the record of its routing is lost (%s)',
    (agentId) => {
      const id = published();
      expect(lose(id, agentId)).toMatchObject({ outcome: 'done', request: { attempt: 1, isInOutbox: true } });
    },
  );

  it('fails when this has happened too often', () => {
    const { id } = memory.submitted();
    for (let attempt = 0; attempt < MAX_ATTEMPTS - 1; attempt++) {
      route(id, 'finance', attempt);
      expect(lose(id)).toMatchObject({ request: { attempt: attempt + 1, state: 'accepted' } });
    }
    route(id, 'finance', MAX_ATTEMPTS - 1);
    const { request, message, effects } = lose(id);
    expect(request).toMatchObject({ state: 'failed', error: { code: 'agent_offline' } });
    expect(message).toMatchObject({ kind: 'ERROR', metadata: { code: 'agent_offline' } });
    expect(effects.map((effect) => effect.do)).toEqual(['show']);
  });

  it('is known by its latest hops', () => {
    const { id } = memory.submitted();
    const many = hops(...Array.from({ length: 100 }, (_, index) => `service ${index}`));
    memory.apply({ type: 'routed', ...aRouting(id), hops: many });
    lose(id);
    const kept = memory.requests.get(id)?.hops ?? [];
    expect(kept).toHaveLength(61);
    expect(kept.slice(0, 60)).toEqual(many.slice(40));
  });
});

describe('a replayed request', () => {
  it('is published as a further attempt, without its error', () => {
    const id = dead();
    const { request, effects } = memory.apply({ type: 'replayed', requestId: id });
    expect(request).toMatchObject({ state: 'accepted', attempt: 1, error: undefined, agentId: undefined });
    expect(effects).toMatchObject([
      { do: 'publish', entry: { message: { id }, attempt: 1, hops: hops('server', 'broker') } },
    ]);
  });

  it.each([
    ['there is no such request', 'unknown', () => newId()],
    ['it has failed', 'not_due', failed],
    ['it is answered', 'not_due', answered],
    ['an agent has it', 'not_due', () => memory.routed().id],
    [
      'it is replayed already',
      'not_due',
      () => {
        const id = dead();
        memory.apply({ type: 'replayed', requestId: id });
        return id;
      },
    ],
  ] as const)('stays as it is where %s', (_, refusal, make) => {
    const id = make();
    expect(memory.apply({ type: 'replayed', requestId: id })).toMatchObject({ outcome: 'refused', refusal });
  });

  it('is answered like any other', () => {
    const id = dead();
    memory.apply({ type: 'replayed', requestId: id });
    route(id, 'hr', 1);
    const reply = aReply({ id, conversationId: memory.requests.get(id)?.conversationId ?? '' }, 'hr');
    expect(memory.apply({ type: 'replied', ...reply })).toMatchObject({
      outcome: 'done',
      message: { seq: 3 },
      request: { state: 'answered', error: undefined },
    });
  });
});
