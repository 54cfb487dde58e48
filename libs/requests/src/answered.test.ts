import { beforeEach, describe, expect, it } from '@jest/globals';
import { type ChatMessage, newId } from '@parley/shared-models';
import { createRequestsInMemory, type RequestsInMemory } from '../testing/requests-in-memory.ts';
import { aDeath, aFailure, aReply, aRouting, hops, speaker } from '../testing/samples.ts';
import type { Replied, Speaker } from './events.ts';

let memory: RequestsInMemory;
let asked: ChatMessage;
beforeEach(() => {
  memory = createRequestsInMemory();
  asked = memory.routed();
});

const reply = (event: Omit<Replied, 'type'>) => memory.apply({ type: 'replied', ...event });
const settle = (requestId: string, from: Speaker, taken = hops('server')) =>
  memory.apply({ type: 'settled', requestId, from, hops: taken });
const stateOf = (id: string) => memory.requests.get(id)?.state;
const loseAgent = () => memory.apply({ type: 'agent-gone', requestId: asked.id, agentId: 'finance' });

describe('a reply', () => {
  it('is shown with what it makes of the request', () => {
    const answer = aReply(asked);
    const { outcome, request, effects } = reply(answer);
    expect(outcome).toBe('done');
    expect(request).toMatchObject({
      state: 'answered',
      agentId: 'finance',
      hops: answer.hops,
      isInOutbox: false,
    });
    expect(effects).toEqual([
      {
        do: 'show',
        message: { ...answer.reply, seq: 2 },
        status: expect.objectContaining({ messageId: asked.id, status: 'answered', hops: answer.hops }),
      },
    ]);
  });

  it('keeps the hops that are known when it comes without', () => {
    const { hops: known } = aRouting(asked.id);
    expect(reply({ ...aReply(asked), hops: [] }).request?.hops).toEqual(known);
  });

  it('belongs to the conversation and to the request that it answers, whatever it names', () => {
    const answer = aReply(asked, 'finance', { conversationId: newId(), inReplyTo: newId() });
    expect(reply(answer).message).toMatchObject({
      conversationId: asked.conversationId,
      inReplyTo: asked.id,
    });
  });

  it('is shown again when it comes again', () => {
    const answer = aReply(asked);
    const first = reply(answer);
    const again = reply({ ...answer, hops: [] });
    expect(again).toMatchObject({ outcome: 'repeated', message: first.message, effects: first.effects });
    expect(again).not.toHaveProperty('writes');
  });

  it('is refused with the id of another message, or of the reply of another sender', () => {
    const other = memory.routed();
    const answer = aReply(other);
    reply(answer);
    for (const [request, agentId, id] of [
      [asked, 'finance', other.id],
      [asked, 'finance', asked.id],
      [asked, 'finance', answer.reply.id],
      [other, 'hr', answer.reply.id],
    ] as const) {
      const conflicting = (): unknown => reply(aReply(request, agentId, { id }));
      expect(conflicting).toThrow(expect.objectContaining({ code: 'id_conflict' }));
    }
  });

  it('follows on the first one without another status', () => {
    reply(aReply(asked));
    const { outcome, effects, request } = reply({ ...aReply(asked), hops: hops('elsewhere') });
    expect(outcome).toBe('done');
    expect(effects).toEqual([{ do: 'show', message: expect.objectContaining({ seq: 3 }) }]);
    expect(request?.hops).toEqual(aReply(asked).hops);
  });

  it.each([
    ['unknown', 'there is no such request', () => memory.requests.delete(asked.id)],
    ['ended', 'it has failed', () => memory.apply({ type: 'failed', ...aFailure(asked.id, 'finance') })],
    ['ended', 'it is a dead letter', () => memory.apply({ type: 'died', ...aDeath(asked.id, 'finance') })],
  ] as const)('is refused as %s where %s', (refusal, _, happen) => {
    happen();
    expect(reply(aReply(asked))).toMatchObject({ outcome: 'refused', refusal, effects: [] });
  });
});

describe('who may answer', () => {
  const hr = speaker('hr');
  const sibling = speaker('finance-2', ['finance']);

  it.each([
    ['another agent', hr, 'refused'],
    ['another instance of its group', sibling, 'done'],
    ['the agent itself', speaker('finance'), 'done'],
  ] as const)('while an agent has the request: %s (%s)', (_, from, expected) => {
    expect(reply({ ...aReply(asked), from }).outcome).toBe(expected);
  });

  it.each([
    ['another agent', hr, 'refused'],
    ['another instance of its group', sibling, 'refused'],
    ['the agent itself', speaker('finance'), 'done'],
  ] as const)('once the agent has answered: %s', (_, from, expected) => {
    reply(aReply(asked));
    const result = reply({ ...aReply(asked), from });
    expect(result.outcome).toBe(expected);
    if (expected === 'refused') expect(result.refusal).toBe('other_agent');
  });

  it('while no agent has the request: any, and then no other', () => {
    loseAgent();
    expect(reply(aReply(asked, 'finance')).outcome).toBe('done');
    expect(reply(aReply(asked, 'hr'))).toMatchObject({ refusal: 'other_agent' });
    expect(memory.apply({ type: 'routed', ...aRouting(asked.id, 'hr', 1) })).toMatchObject({
      refusal: 'ended',
    });
  });

  it('once another agent has the request: that one', () => {
    loseAgent();
    memory.apply({ type: 'routed', ...aRouting(asked.id, 'hr', 1) });
    expect(reply(aReply(asked, 'finance'))).toMatchObject({ refusal: 'other_agent' });
    expect(reply(aReply(asked, 'hr')).outcome).toBe('done');
  });

  it('tells the instance that has the request to stop, when another one has answered', () => {
    const { request, effects } = reply({ ...aReply(asked), from: sibling });
    expect(request?.agentId).toBe('finance-2');
    expect(effects).toMatchObject([
      { do: 'show' },
      { do: 'cancel', requestId: asked.id, agentId: 'finance' },
    ]);
  });
});

describe('a reply beside the answer', () => {
  const beside = (isOwn: boolean, ...reply: Parameters<typeof aReply>) => ({
    ...aReply(...reply),
    beside: { isOwn },
  });

  it('changes nothing about the request', () => {
    const { outcome, effects, writes } = reply(beside(false, asked));
    expect(outcome).toBe('done');
    expect(effects).toEqual([{ do: 'show', message: expect.objectContaining({ seq: 2 }) }]);
    expect(writes).not.toHaveProperty('request');
    expect(stateOf(asked.id)).toBe('routed');
    expect(reply(aReply(asked)).request?.state).toBe('answered');
  });

  it.each(['failed', 'dead_lettered', 'answered'])(
    'is taken after the end of the request, too: %s',
    (state) => {
      if (state === 'failed') memory.apply({ type: 'failed', ...aFailure(asked.id, 'finance') });
      else if (state === 'answered') settle(asked.id, speaker('finance'));
      else memory.apply({ type: 'died', ...aDeath(asked.id, 'finance') });
      expect(stateOf(asked.id)).toBe(state);
      expect(reply(beside(false, asked))).toMatchObject({
        outcome: 'done',
        message: { inReplyTo: asked.id },
      });
      expect(stateOf(asked.id)).toBe(state);
    },
  );

  it('is the same by whichever instance it is said', () => {
    const id = newId();
    const first = reply(beside(false, asked, 'finance', { id }));
    const from = speaker('finance-2', ['finance']);
    const sender = { kind: 'agent', id: 'finance-2', name: 'finance' } as const;
    const again = reply({ ...beside(false, asked, 'finance', { id, sender }), from });
    expect(again).toMatchObject({ outcome: 'repeated', message: first.message });
    const elsewhere = (): unknown => reply(beside(false, memory.routed(), 'finance', { id }));
    expect(elsewhere).toThrow(expect.objectContaining({ code: 'id_conflict' }));
  });

  it('comes from the agent that has the request, or its group', () => {
    const from = speaker('finance-2', ['finance']);
    expect(reply({ ...beside(false, asked), from }).outcome).toBe('done');
    expect(reply(beside(true, asked, 'hr'))).toMatchObject({ refusal: 'other_agent' });
  });

  it('comes from any agent while none has the request, where its own task or event brought it about', () => {
    loseAgent();
    expect(reply(beside(false, asked))).toMatchObject({ refusal: 'not_own' });
    expect(reply(beside(true, asked)).outcome).toBe('done');
  });
});

describe('a settled request', () => {
  it('is answered without a message, and told again when it comes again', () => {
    const first = settle(asked.id, speaker('finance'));
    const status = { messageId: asked.id, status: 'answered', hops: hops('server') };
    expect(first).toMatchObject({ outcome: 'done', effects: [{ do: 'tell', status }] });
    expect(first).not.toHaveProperty('message');
    expect(settle(asked.id, speaker('finance'), [])).toMatchObject({
      outcome: 'repeated',
      effects: first.effects,
    });
  });

  it('takes replies of its agent, and of no other', () => {
    settle(asked.id, speaker('finance'));
    expect(reply(aReply(asked, 'hr'))).toMatchObject({ refusal: 'other_agent' });
    expect(reply(aReply(asked, 'finance')).outcome).toBe('done');
  });

  it('tells the instance that has the request to stop, when another one has settled it', () => {
    const { effects } = settle(asked.id, speaker('finance-2', ['finance']));
    expect(effects).toMatchObject([{ do: 'tell' }, { do: 'cancel', agentId: 'finance' }]);
  });

  it.each([
    ['unknown', 'there is no such request', () => memory.requests.delete(asked.id)],
    ['ended', 'it has failed', () => memory.apply({ type: 'failed', ...aFailure(asked.id, 'finance') })],
    ['other_agent', 'another agent has answered', () => settle(asked.id, speaker('hr', ['finance']))],
  ] as const)('is refused as %s where %s', (refusal, _, happen) => {
    happen();
    expect(settle(asked.id, speaker('finance'))).toMatchObject({ outcome: 'refused', refusal, effects: [] });
  });

  it('is not settled by an agent that has never had it', () => {
    expect(settle(asked.id, speaker('hr'))).toMatchObject({ refusal: 'other_agent' });
    expect(stateOf(asked.id)).toBe('routed');
  });
});
