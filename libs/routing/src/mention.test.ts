import { describe, expect, it } from '@jest/globals';
import { agent, ask } from '../testing/test-agents.ts';
import { findMention } from './mention.ts';

const finance = agent('finance');
const second = agent('finance-2', { agentName: 'Finance', group: 'finance' });
const planner = agent('planner-1', { agentName: 'Trip Planner', group: 'travel' });
const agents = [finance, second, planner, agent('hr'), agent('plan', { agentName: 'Trip' })];

const named = (text: string): unknown => {
  const mention = findMention(text, agents);
  return mention?.isKnown === true ? mention.agents.map(({ agentId }) => agentId) : mention?.name;
};

describe('an agent is addressed', () => {
  it.each([
    ['@Finance what is left?', ['finance', 'finance-2']],
    ['@finance: hello', ['finance', 'finance-2']],
    ['What is left, @FINANCE?', ['finance', 'finance-2']],
    ['(@finance)', ['finance', 'finance-2']],
    ['line one\n@Finance, line two', ['finance', 'finance-2']],
    ['@finance-2 hello', ['finance-2']],
    ['@travel hello', ['planner-1']],
    ['@"Trip Planner" to Rome', ['planner-1']],
    ['@“trip planner” to Rome', ['planner-1']],
    ['@Trip Planner to Rome', ['planner-1']],
    ['@Trip to Rome', ['plan']],
    ["@Finance's view?", ['finance', 'finance-2']],
    ['@nobody but @hr', ['hr']],
    ['mail ada@finance.com or ask @hr', ['hr']],
    ['@hr not @finance', ['hr']],
  ])('by %j', (text, meant) => {
    expect(named(text)).toEqual(meant);
  });

  it.each([
    'Finance, what is left?',
    'ada@finance.com',
    'ada.@finance',
    'see @finance.com',
    'cost @ 5 each',
    'meet me @noon',
    'the decorator @Injectable() is unknown',
    'use `@Finance` in the text',
    '```\n@Finance\n```',
    '@financed',
    '@',
    'say @"nobody" twice',
    `${'@ '.repeat(50)}@hr in a text full of marks`,
  ])('not by %j', (text) => {
    const mention = findMention(text, agents);
    expect(mention?.isKnown ?? false).toBe(false);
  });

  it.each([
    ['@Zeus help me', 'Zeus'],
    [' @zeus, help', 'zeus'],
    ['@zeus', 'zeus'],
    ['@"Long Name" hello', 'Long Name'],
  ])('by an unknown name at the beginning: %j', (text, name) => {
    expect(findMention(text, agents)).toEqual({ isKnown: false, name });
  });

  it.each(['help me @Zeus', '@Injectable() class', '@zeus/olympus', '@zeus.gr', '@ zeus'])(
    'not by what only resembles an unknown name: %j',
    (text) => {
      expect(findMention(text, agents)).toBeUndefined();
    },
  );
});

describe('a message that mentions an agent', () => {
  it('goes to the least loaded that is online and has this name', () => {
    const there = [agent('finance', { load: 0.5 }), { ...second, load: 0.1 }, agent('hr')];
    expect(ask(there, { text: 'please, @Finance' })).toMatchObject({
      decision: {
        agentId: 'finance-2',
        strategy: 'mention',
        confidence: 1,
        reason: 'You wrote to @Finance.',
      },
    });
  });

  it('waits for an agent that is paused, and fails for one that is gone', () => {
    const paused = agent('finance', { state: 'paused' });
    expect(ask([paused, agent('hr')], { text: '@finance hello' })).toMatchObject({
      decision: { agentId: 'finance', reason: expect.stringContaining('paused') },
    });
    const gone = agent('finance', { state: 'offline' });
    expect(ask([gone, agent('hr')], { text: '@finance hello', offlineFor: { finance: 60 } })).toMatchObject({
      code: 'agent_offline',
    });
  });

  it('fails when nobody has that name, and says who is online', () => {
    expect(ask([agent('hr')], { text: '@Zeus hello' })).toEqual({
      ok: false,
      code: 'unknown_agent',
      message: 'There is no agent “Zeus”. Online: Hr.',
    });
  });

  it('goes to the target all the same when there is one', () => {
    expect(ask([finance, agent('hr')], { text: '@finance', target: { agentId: 'hr' } })).toMatchObject({
      decision: { agentId: 'hr', strategy: 'target' },
    });
  });
});
