import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId, type Target } from '@parley/shared-models';
import { createRequestsInMemory, type RequestsInMemory } from '../testing/requests-in-memory.ts';
import { aMessage, aRouting } from '../testing/samples.ts';
import type { ChosenAgent } from './events.ts';
import { agentSessionOf } from './held-conversation.ts';
import type { Transition } from './request.ts';

const HOUR_MS = 3_600_000;
const holding = (group = 'finance'): ChosenAgent => ({ group, holdsSession: true, sessionTtlMs: HOUR_MS });
const passing = (group: string): ChosenAgent => ({ ...holding(group), holdsSession: false });
const hint = (agentId: string, isHeld: boolean, isEnding = false, group = agentId) => ({
  agentId,
  agentName: agentId,
  group,
  isHeld,
  isEnding,
});

describe('a held conversation', () => {
  let memory: RequestsInMemory;
  let conversationId: string;
  beforeEach(() => {
    memory = createRequestsInMemory();
    conversationId = newId();
  });

  const say = (text = 'And next month?', target?: Target): Transition => {
    const message = aMessage({ conversationId, text });
    return memory.apply({
      type: 'submitted',
      message,
      ownerId: 'ada',
      target,
      isSessionEnd: text.endsWith('END'),
    });
  };
  const give = ({ request }: Transition, agentId: string, chosen?: ChosenAgent, attempt = 0): Transition =>
    memory.apply({ type: 'routed', ...aRouting(request?.messageId ?? '', agentId, attempt), chosen });
  const hold = (agentId = 'finance'): Transition => give(say('My budget?'), agentId, holding(agentId));
  const session = () => agentSessionOf(memory.conversations.get(conversationId)?.session, memory.now);
  /** The session as readers are told; null: there is no session. */
  const told = ({ effects }: Transition) =>
    effects.flatMap((effect) => (effect.do === 'session' ? [effect.session] : []));

  it('begins with the first message that goes to an agent which holds conversations', () => {
    const first = say();
    expect(first.request?.hint).toBeUndefined();
    expect(told(first)).toEqual([]);
    expect(told(give(first, 'finance', holding()))).toEqual([session()]);
    expect(session()).toEqual({
      agentId: 'finance',
      agentName: 'finance',
      group: 'finance',
      since: new Date(memory.now).toISOString(),
      expiresAt: new Date(memory.now + HOUR_MS).toISOString(),
    });
  });

  it('goes on with each message, which carries the session to the broker and makes it live longer', () => {
    hold();
    const before = session();
    memory.now += 1000;
    const next = say();
    expect(next.effects).toMatchObject([
      { do: 'show' },
      { do: 'publish', entry: { session: hint('finance', true) } },
      { do: 'session', session: { since: before?.since } },
    ]);
    expect(session()?.expiresAt).toBe(new Date(memory.now + HOUR_MS).toISOString());
    const routed = give(next, 'finance', holding());
    expect(told(routed)).toEqual([]);
    expect(routed.writes).not.toHaveProperty('session');
  });

  it('ends with END, which still goes to the agent; the next message goes to nobody in particular', () => {
    hold();
    const end = say('END');
    expect(end.request?.hint).toEqual(hint('finance', true, true));
    expect(told(end)).toEqual([null]);
    // The routing of END itself does not begin it again.
    expect(told(give(end, 'finance', holding()))).toEqual([]);
    expect(session()).toBeUndefined();
    const next = say();
    expect(next.request?.hint).toBeUndefined();
    expect(told(next)).toEqual([]);
  });

  it.each([
    ['a target', 'END', { agentId: 'hr' }],
    ['a target by name', 'END', { agentName: 'HR' }],
    ['a target by group', 'END', { group: 'hr' }],
    ['a mention', '@HR END', undefined],
  ] as const)('goes on when END is addressed to another agent by %s', (_, text, target) => {
    hold();
    expect(say(text, target).request?.hint).toEqual(hint('finance', true));
    expect(session()).toBeDefined();
  });

  it.each([
    ['its id', 'END', { agentId: 'finance' }],
    ['its name', 'END', { agentName: 'Finance' }],
    ['its group', 'END', { group: 'finance' }],
    ['a mention', '@Finance END', undefined],
    ['a mention in quotes', '@"finance" END', undefined],
  ] as const)('ends when END is addressed to the agent by %s', (_, text, target) => {
    hold();
    const end = say(text, target);
    expect(end.request?.hint?.isEnding).toBe(true);
    expect(told(end)).toEqual([null]);
  });

  it('does not begin again by a message that came before END and is routed after it', () => {
    hold();
    const late = say();
    say('END');
    expect(told(give(late, 'finance', holding()))).toEqual([]);
    expect(session()).toBeUndefined();
  });

  it('moves to the agent that a message goes to, where that one holds conversations', () => {
    hold();
    expect(told(give(say(), 'hr', holding('hr')))).toMatchObject([{ agentId: 'hr' }]);
    expect(say().request?.hint).toEqual(hint('hr', true));
  });

  it('stays where it is when a message goes to an agent that holds none', () => {
    hold();
    const before = session();
    expect(told(give(say(), 'helios', passing('helios')))).toEqual([]);
    expect(session()).toEqual(before);
    expect(say().request?.hint).toEqual(hint('finance', true));
  });

  it('goes on since when it began, with another instance of the same agent', () => {
    hold();
    const before = session();
    const next = say();
    give(next, 'finance', holding());
    const gone = memory.apply({
      type: 'agent-gone',
      requestId: next.request?.messageId ?? '',
      agentId: 'finance',
    });
    expect(gone.effects).toMatchObject([{ do: 'publish', entry: { session: hint('finance', true) } }]);
    memory.now += 1000;
    expect(told(give(next, 'finance-2', holding('finance'), 1))).toMatchObject([
      { agentId: 'finance-2', group: 'finance', since: before?.since },
    ]);
    expect(say().request?.hint).toEqual(hint('finance-2', true, false, 'finance'));
  });

  it('is over some time after the last message, and may begin afresh', () => {
    hold();
    memory.now += HOUR_MS;
    expect(session()).toBeUndefined();
    const next = say();
    expect(next.request?.hint).toBeUndefined();
    expect(told(next)).toEqual([null]);
    expect(told(say())).toEqual([]);
    expect(told(give(next, 'hr', holding('hr')))).toMatchObject([{ agentId: 'hr' }]);
  });

  it('is left alone by a decision that says nothing of the agent, and by a second one', () => {
    const first = say();
    give(first, 'finance');
    expect(give(first, 'hr', holding('hr')).outcome).toBe('repeated');
    expect(session()).toBeUndefined();
    expect(say().request?.hint).toBeUndefined();
  });

  it('is held by nobody and knows who had its last message', () => {
    const first = say();
    give(first, 'helios', passing('helios'));
    expect(session()).toBeUndefined();
    const next = say();
    expect(next.request?.hint).toEqual(hint('helios', false));
    expect(told(next)).toEqual([]);
    const end = say('END');
    expect(end.request?.hint).toEqual(hint('helios', false));
    expect(told(end)).toEqual([]);
    give(end, 'ceres', passing('ceres'));
    expect(say().request?.hint).toEqual(hint('ceres', false));
  });
});
