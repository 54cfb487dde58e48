import { describe, expect, it } from '@jest/globals';
import { CAPABILITIES, type SessionHint } from '@parley/shared-models';
import { agent, ask } from '../testing/test-agents.ts';

const held: SessionHint = {
  agentId: 'finance',
  agentName: 'Finance',
  group: 'finance',
  isHeld: true,
  isEnding: false,
};
const hr = agent('hr', { keywords: ['employee', 'vacation'] });
const finance = agent('finance', { keywords: ['budget'] });
const second = agent('finance-2', { agentName: 'Finance', group: 'finance' });

describe('a message of a conversation that an agent holds', () => {
  it('stays with the agent, for any text', () => {
    const asked = { session: held, text: 'How many vacation days does an employee have?' };
    expect(ask([hr, { ...finance, load: 1 }, second], asked)).toMatchObject({
      ok: true,
      decision: {
        agentId: 'finance',
        strategy: 'session',
        confidence: 1,
        reason: 'You are talking with Finance.',
      },
    });
  });

  it('goes to another agent that it mentions or is addressed to', () => {
    expect(ask([hr, finance], { session: held, text: 'And you, @hr?' })).toMatchObject({
      decision: { agentId: 'hr', strategy: 'mention' },
    });
    expect(ask([hr, finance], { session: held, target: { agentId: 'hr' } })).toMatchObject({
      decision: { agentId: 'hr', strategy: 'target' },
    });
  });

  it.each(['paused', 'draining'] as const)('waits there while the agent is %s', (state) => {
    expect(ask([hr, { ...finance, state }, second], { session: held })).toMatchObject({
      decision: { agentId: 'finance', reason: expect.stringContaining(`is ${state}`) },
    });
  });

  it.each([
    ['offline', [{ ...finance, state: 'offline' as const }]],
    ['removed', []],
  ])('goes to another instance of the group when the agent is %s, and says so', (_state, gone) => {
    expect(ask([hr, ...gone, second], { session: held })).toMatchObject({
      decision: {
        agentId: 'finance-2',
        strategy: 'session',
        reason: 'You are talking with Finance, which is away: another instance (finance-2) goes on.',
      },
    });
  });

  it('waits for the agent when that went offline within the grace time and is alone', () => {
    const agents = [hr, { ...finance, state: 'offline' as const }];
    expect(ask(agents, { session: held, offlineFor: { finance: 14 } })).toMatchObject({
      decision: { agentId: 'finance', strategy: 'session', reason: expect.stringContaining('a moment ago') },
    });
  });

  it('fails when all of the group are gone, and says how to leave', () => {
    const agents = [hr, { ...finance, state: 'offline' as const }];
    expect(ask(agents, { session: held, offlineFor: { finance: 15 } })).toEqual({
      ok: false,
      code: 'agent_offline',
      message:
        'Finance, with whom you are talking, is offline. Ask again when it is back, or write END to leave the session.',
    });
  });

  it('is confirmed by the agent when it ends the session, and known to be closed when nobody can', () => {
    const ending = { ...held, isEnding: true };
    expect(ask([hr, finance], { session: ending, text: 'END' })).toMatchObject({
      decision: { agentId: 'finance', strategy: 'session', reason: 'You leave the session with Finance.' },
    });
    expect(ask([hr], { session: ending, text: 'END' })).toMatchObject({
      code: 'agent_offline',
      message: 'Finance is offline and cannot confirm it, but the session is closed.',
    });
  });
});

describe('a message of a conversation in which an agent only answered last', () => {
  const last: SessionHint = {
    ...held,
    agentId: 'helios',
    agentName: 'Helios',
    group: 'helios',
    isHeld: false,
  };
  const helios = agent('helios', { keywords: ['run'] });
  const anything = agent('assistant', { capabilities: [CAPABILITIES.answersAnything] });

  it('goes to its target', () => {
    expect(ask([helios, finance, anything], { session: last, text: 'my budget' })).toMatchObject({
      decision: { agentId: 'finance', strategy: 'keywords' },
    });
  });

  it('stays with the agent, or another instance of it, when no scorer is sure', () => {
    const twin = agent('helios-2', { group: 'helios' });
    for (const [there, meant] of [
      [helios, 'helios'],
      [twin, 'helios-2'],
    ] as const) {
      expect(ask([there, finance, anything], { session: last, text: 'and tomorrow?' })).toMatchObject({
        decision: {
          agentId: meant,
          strategy: 'session',
          reason: expect.stringContaining('answered last'),
        },
      });
    }
  });

  it('is routed as the first one when nobody of the group is online', () => {
    const gone = { ...helios, state: 'offline' as const };
    expect(ask([gone, finance, anything], { session: last, text: 'and tomorrow?' })).toMatchObject({
      decision: { agentId: 'assistant', strategy: 'default' },
    });
  });

  it('stays with one that answers anything only as long as a language model knows no better', () => {
    const asked = { session: { ...last, agentId: 'assistant', group: 'assistant' }, text: 'and tomorrow?' };
    const other = agent('other', { capabilities: [CAPABILITIES.answersAnything] });
    const there = [{ ...anything, load: 1 }, other, finance];
    expect(ask(there, asked)).toMatchObject({
      isOpen: true,
      decision: { agentId: 'assistant', strategy: 'session' },
    });
    const modelChoice = { group: 'finance', confidence: 0.8, model: 'Mistral' };
    expect(ask(there, { ...asked, modelChoice })).toMatchObject({
      decision: { agentId: 'finance', strategy: 'language-model' },
    });
  });
});
