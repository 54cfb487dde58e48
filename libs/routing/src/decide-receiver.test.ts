import { describe, expect, it } from '@jest/globals';
import { type AgentStatus, CAPABILITIES, Failure, newId, RoutingDecision } from '@parley/shared-models';
import fc from 'fast-check';
import { agent, ask, GRACE_MS } from '../testing/test-agents.ts';
import { decideReceiver } from './decide-receiver.ts';

const { answersAnything } = CAPABILITIES;

describe('a message that names its agent', () => {
  it.each([
    ['id', { agentId: 'finance' }],
    ['name', { agentName: 'Finance' }],
    ['name in other letters', { agentName: 'fINANCE' }],
    ['group', { group: 'finance' }],
  ])('goes to the one with that %s, surely', (_by, target) => {
    const answer = ask([agent('assistant'), agent('finance')], { target });
    expect(answer).toMatchObject({
      ok: true,
      decision: { agentId: 'finance', agentName: 'Finance', strategy: 'target', confidence: 1 },
    });
  });

  it('is decided without its text', () => {
    const unread = (): string => {
      throw new Error('the body was parsed');
    };
    const answer = decideReceiver({
      target: { agentId: 'finance' },
      text: unread,
      agents: [agent('finance')],
      recentlyAssigned: () => 0,
      offlineForMs: () => 0,
      graceMs: GRACE_MS,
    });
    expect(answer.ok).toBe(true);
  });

  it('goes to the least loaded of its group', () => {
    const group = [
      agent('finance', { load: 0.75 }),
      agent('finance-2', { group: 'finance', load: 0.25 }),
      agent('finance-3', { group: 'finance', load: 0.5 }),
    ];
    expect(ask(group, { target: { group: 'finance' } })).toMatchObject({
      decision: { agentId: 'finance-2' },
    });
  });

  it('goes to one of the group that is online rather than to a paused or lost one', () => {
    const group = [
      agent('finance', { state: 'paused' }),
      agent('finance-2', { group: 'finance', state: 'offline' }),
      agent('finance-3', { group: 'finance', load: 1 }),
    ];
    expect(ask(group, { target: { group: 'finance' } })).toMatchObject({
      decision: { agentId: 'finance-3' },
    });
  });

  it.each(['paused', 'draining'] as const)(
    'waits in the queue of an agent that is %s, and says so',
    (state) => {
      const answer = ask([agent('finance', { state }), agent('assistant')], {
        target: { agentId: 'finance' },
      });
      expect(answer).toMatchObject({
        decision: { agentId: 'finance', strategy: 'target', reason: expect.stringContaining(state) },
      });
    },
  );

  it('waits for an agent that went offline within the grace time', () => {
    const agents = [agent('finance', { state: 'offline' }), agent('assistant')];
    const asked = { target: { agentId: 'finance' }, offlineFor: { finance: 14.9 } };
    expect(ask(agents, asked)).toMatchObject({
      decision: { agentId: 'finance', reason: expect.stringContaining('offline a moment ago') },
    });
  });

  it('waits for the one of a group that went last', () => {
    const group = ['a', 'b', 'c'].map((id) => agent(id, { group: 'finance', state: 'offline' }));
    const asked = { target: { group: 'finance' }, offlineFor: { a: 9, b: 3, c: 6 } };
    expect(ask(group, asked)).toMatchObject({ decision: { agentId: 'b' } });
  });

  it('fails when the agent has been offline for longer', () => {
    const agents = [agent('finance', { state: 'offline' }), agent('assistant')];
    const asked = { target: { agentName: 'finance' }, offlineFor: { finance: 15 } };
    expect(ask(agents, asked)).toEqual({
      ok: false,
      code: 'agent_offline',
      message: 'Finance is offline. Ask again when it is back, or ask another agent.',
    });
  });

  it.each([
    [{ agentId: 'zeus' }, '“zeus”'],
    [{ agentName: 'Zeus' }, 'Zeus'],
    [{ group: 'gods' }, 'of the group “gods”'],
  ])('fails when there is no %j, and says who is online', (target, named) => {
    const agents = [agent('hr'), agent('finance'), agent('finance-2', { agentName: 'Finance' })];
    expect(ask([...agents, agent('echo', { state: 'offline' })], { target })).toEqual({
      ok: false,
      code: 'unknown_agent',
      message: `There is no agent ${named}. Online: Finance, Hr.`,
    });
  });

  it('fails with that nobody is online when nobody is', () => {
    expect(ask([agent('echo', { state: 'paused' })], { target: { agentName: 'Zeus' } })).toMatchObject({
      code: 'unknown_agent',
      message: 'There is no agent Zeus. No agent is online.',
    });
  });

  it('names ten of many agents that are online', () => {
    const agents = Array.from({ length: 60 }, (_, index) => agent(`a-${String(index).padStart(2, '0')}`));
    const answer = ask(agents, { target: { agentName: 'Zeus' } });
    expect(answer).toMatchObject({ message: expect.stringMatching(/A-00, .*A-09 and 50 more\.$/) });
  });
});

describe('a message without a target', () => {
  const finance = agent('finance', { keywords: ['budget', 'money'] });
  const hr = agent('hr', { keywords: ['hr', 'employee', 'human resources'] });
  const assistant = agent('assistant', { capabilities: [answersAnything] });

  it('is treated as such when its target names nobody', () => {
    expect(ask([finance], { target: {} })).toMatchObject({ decision: { strategy: 'least-loaded' } });
  });

  it('goes to the agent whose keywords stand in it, with the words as the reason', () => {
    const answer = ask([hr, finance, assistant], { text: 'What is left of my budget? I need money.' });
    expect(answer).toMatchObject({
      decision: {
        agentId: 'finance',
        strategy: 'keywords',
        confidence: expect.closeTo(0.84, 2),
        reason: '“budget”, “money” speak for Finance.',
        candidates: [
          { agentId: 'finance', confidence: expect.closeTo(0.84, 2) },
          { agentId: 'assistant', confidence: 0 },
          { agentId: 'hr', confidence: 0 },
        ],
      },
    });
  });

  it('quotes five of many words that speak for the agent', () => {
    const keywords = Array.from({ length: 50 }, (_, index) => `word${index}`);
    const answer = ask([agent('a', { keywords })], { text: keywords.join(' ') });
    expect(answer).toMatchObject({
      decision: { reason: expect.stringMatching(/^“word0”, .*“word4” and 45 more speak for A\.$/) },
    });
  });

  it('is not claimed by a keyword inside of a word', () => {
    const answer = ask([hr, assistant], { text: 'three chronic problems' });
    expect(answer).toMatchObject({ decision: { agentId: 'assistant', strategy: 'default' } });
  });

  it('goes to the least loaded of those whose keywords speak alike', () => {
    const busy = agent('finance-1', { keywords: ['budget'], load: 0.5 });
    const free = agent('finance-2', { keywords: ['budget'], load: 0.25 });
    const idle = agent('idle');
    expect(ask([busy, free, idle], { text: 'my budget' })).toMatchObject({
      decision: { agentId: 'finance-2', strategy: 'keywords', reason: expect.stringContaining('Finance-2') },
    });
  });

  it('goes to the agent with more keywords in it, however loaded', () => {
    const loaded = agent('finance', { keywords: ['budget', 'money'], load: 1 });
    const other = agent('other', { keywords: ['budget'] });
    expect(ask([other, loaded], { text: 'money for the budget' })).toMatchObject({
      decision: { agentId: 'finance' },
    });
  });

  it('goes to the least loaded agent that answers anything when no keyword is in it', () => {
    const second = agent('assistant-2', { capabilities: [answersAnything], load: 0.1 });
    const answer = ask([agent('a-idle'), { ...assistant, load: 0.2 }, second]);
    expect(answer).toMatchObject({
      decision: { agentId: 'assistant-2', strategy: 'default', confidence: 0.5 },
    });
  });

  it('goes to the least loaded of the agents that say nothing about themselves when nobody claims it', () => {
    const agents = [agent('a', { load: 0.4 }), agent('b', { load: 0.1 }), agent('c', { load: 0.4 })];
    expect(ask(agents)).toMatchObject({
      decision: { agentId: 'b', strategy: 'least-loaded', reason: 'B has the least to do.' },
    });
  });

  it('is told which agents there are when it is no matter of any of them', () => {
    const hr2 = agent('hr', { keywords: ['employee'], description: 'Leave and contracts' });
    expect(ask([finance, hr2], { text: 'Who wrote Hamlet?' })).toEqual({
      ok: false,
      code: 'no_agent_fits',
      message:
        'No agent fits your message. Online: Finance, Hr (Leave and contracts). Write to one of them with @ and its name.',
      isOpen: true,
    });
  });

  it('goes to the only agent that is there, for any purpose', () => {
    const echo = agent('echo', { keywords: ['echo'] });
    expect(ask([echo])).toMatchObject({ decision: { agentId: 'echo', strategy: 'least-loaded' } });
    const parrot = agent('parrot', { keywords: ['echo'], load: 0.5 });
    expect(ask([echo, parrot])).toMatchObject({ decision: { agentId: 'echo', strategy: 'least-loaded' } });
  });

  it('does not begin a session with the only agent that is there when that is for something else', () => {
    const holder = agent('hr', { keywords: ['employee'], capabilities: [CAPABILITIES.holdsSession] });
    expect(ask([holder], { text: 'Who wrote Hamlet?' })).toMatchObject({ code: 'no_agent_fits' });
    expect(ask([{ ...holder, keywords: [] }])).toMatchObject({ decision: { agentId: 'hr' } });
  });

  it('says when there is just one', () => {
    expect(ask([agent('echo'), agent('hr', { state: 'paused' })])).toMatchObject({
      decision: { agentId: 'echo', confidence: 1, reason: 'Echo is the only agent online.' },
    });
  });

  it('counts messages assigned since the agents reported their load, a tenth for each', () => {
    const agents = [agent('a', { load: 0.2 }), agent('b', { load: 0 })];
    expect(ask(agents, { recent: { b: 1 } })).toMatchObject({ decision: { agentId: 'b' } });
    expect(ask(agents, { recent: { b: 3 } })).toMatchObject({ decision: { agentId: 'a' } });
  });

  it('goes to the first by id of those that are equal', () => {
    expect(ask([agent('c'), agent('a'), agent('b')])).toMatchObject({ decision: { agentId: 'a' } });
  });

  it('waits for an agent that is leaving when nobody is online, as when the only one is restarted', () => {
    const answer = ask([agent('echo', { state: 'draining' }), agent('hr', { state: 'paused' })]);
    expect(answer).toMatchObject({
      decision: { agentId: 'echo', confidence: 0.5, reason: expect.stringContaining('is leaving') },
    });
  });

  it('waits for the agent that went last when all went offline a moment ago', () => {
    const agents = ['a', 'b', 'c'].map((id) => agent(id, { state: 'offline' }));
    expect(ask(agents, { offlineFor: { a: 9, b: 3, c: 6 } })).toMatchObject({
      decision: { agentId: 'b', strategy: 'least-loaded', reason: expect.stringContaining('B was here') },
    });
  });

  it('fails when nobody is there or expected, and says who is paused', () => {
    const gone = agent('echo', { state: 'offline' });
    expect(ask([])).toEqual({
      ok: false,
      code: 'no_agent_online',
      message: 'No agent is online that could answer.',
    });
    const paused = [agent('hr', { state: 'paused' }), agent('finance', { state: 'paused' })];
    expect(ask([gone, ...paused], { offlineFor: { echo: 60 } })).toMatchObject({
      code: 'no_agent_online',
      message: 'No agent is online that could answer. Paused: Finance, Hr.',
    });
  });
});

describe('any decision', () => {
  const word = fc.constantFrom('budget', 'money', 'hr', 'human resources', 'x'.repeat(64));
  const words = fc.array(fc.stringMatching(/^[a-z]{1,64}$/), { maxLength: 200 });
  const anAgent: fc.Arbitrary<AgentStatus> = fc
    .record({
      number: fc.integer({ min: 0, max: 99 }),
      agentName: fc.string({ minLength: 1, maxLength: 64 }).filter((name) => name.trim() === name),
      state: fc.constantFrom('online', 'paused', 'draining', 'offline'),
      load: fc.double({ min: 0, max: 2, noNaN: true }),
      keywords: fc.oneof(fc.array(word, { maxLength: 5 }), words),
      isGeneral: fc.boolean(),
    })
    .map(({ number, isGeneral, ...status }) =>
      agent(`agent-${number}`, {
        ...status,
        group: `group-${number % 3}`,
        capabilities: isGeneral ? [answersAnything] : [],
      }),
    );
  const agents = fc.uniqueArray(anAgent, { selector: ({ agentId }) => agentId, maxLength: 40 });
  const target = fc.option(
    fc.oneof(
      fc.record({ agentId: fc.constantFrom('agent-1', 'agent-2', 'zeus') }),
      fc.record({ agentName: fc.string({ minLength: 1, maxLength: 64 }) }),
      fc.record({ group: fc.constantFrom('group-0', 'group-1', 'gods') }),
    ),
    { nil: undefined },
  );

  it('fits the protocol, for any description of the agents', () => {
    fc.assert(
      fc.property(agents, fc.array(word), target, (there, said, wanted) => {
        const text = [...said, ...there.flatMap(({ keywords }) => keywords)].join(' ');
        const answer = ask(there, wanted === undefined ? { text } : { text, target: wanted });
        if (answer.ok) expect(RoutingDecision.safeParse(answer.decision).error).toBeUndefined();
        else
          expect(
            Failure.safeParse({ requestId: newId(), code: answer.code, message: answer.message }).error,
          ).toBeUndefined();
      }),
    );
  });

  it('does not depend on the order in which the agents are known', () => {
    fc.assert(
      fc.property(agents, fc.array(word), target, (there, said, wanted) => {
        // Of two that went at the same instant either is as good as the other.
        const offlineFor = Object.fromEntries(there.map(({ agentId }, index) => [agentId, index]));
        const asked = {
          text: said.join(' '),
          offlineFor,
          ...(wanted === undefined ? {} : { target: wanted }),
        };
        expect(ask([...there].reverse(), asked)).toEqual(ask(there, asked));
      }),
    );
  });

  it('chooses no absent agent while another is online and the sender named no agent', () => {
    fc.assert(
      fc.property(agents, fc.array(word), (there, said) => {
        fc.pre(there.some(({ state }) => state === 'online'));
        const answer = ask(there, { text: said.join(' ') });
        if (!answer.ok) return expect(answer.code).toBe('no_agent_fits');
        const chosen = there.find(({ agentId }) => agentId === answer.decision.agentId);
        expect(chosen).toMatchObject({ state: 'online' });
      }),
    );
  });

  it('puts the chosen one first among the candidates, and each only once', () => {
    fc.assert(
      fc.property(agents, fc.array(word), (there, said) => {
        const answer = ask(there, { text: said.join(' ') });
        fc.pre(answer.ok);
        if (!answer.ok) return;
        const ids = answer.decision.candidates.map(({ agentId }) => agentId);
        expect(ids[0]).toBe(answer.decision.agentId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});
