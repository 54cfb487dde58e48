import { describe, expect, it } from '@jest/globals';
import { CAPABILITIES } from '@parley/shared-models';
import { agent, ask } from '../testing/test-agents.ts';
import { modelOptions } from './model-choice.ts';

const finance = agent('finance', { keywords: ['budget'], description: 'Money' });
const hr = agent('hr', {
  keywords: ['employee'],
  examples: ['I am sick', 'I resign', 'I am late', 'A fourth'],
});
const anything = agent('assistant', { capabilities: [CAPABILITIES.answersAnything] });
const open = { text: 'Something entirely different' };

describe('a question that no scorer is sure about', () => {
  it('is open for a language model, with the answer without a model', () => {
    expect(ask([finance, hr, anything], open)).toMatchObject({
      isOpen: true,
      decision: { agentId: 'assistant', strategy: 'default' },
    });
    expect(ask([finance, hr], open)).toMatchObject({ isOpen: true, code: 'no_agent_fits' });
  });

  it.each([
    ['one is sure', [finance, hr, anything], 'my budget'],
    ['there is one agent only', [finance], open.text],
    ['no agent says what it is for', [agent('a'), agent('b')], open.text],
  ])('is not open when %s', (_when, agents, text) => {
    expect(ask(agents, { text }).isOpen ?? false).toBe(false);
  });

  it('goes to the least loaded of the group that the model chose', () => {
    const second = agent('finance-2', { group: 'finance', load: 0.1 });
    const modelChoice = { group: 'finance', confidence: 0.7, model: 'Mistral small' };
    const answer = ask([{ ...finance, load: 0.5 }, second, hr, anything], { ...open, modelChoice });
    expect(answer).toEqual({
      ok: true,
      decision: {
        agentId: 'finance-2',
        agentName: 'Finance-2',
        strategy: 'language-model',
        confidence: 0.7,
        reason: 'Mistral small takes this for a matter of Finance-2.',
        candidates: expect.anything(),
      },
    });
  });

  it.each([undefined, 'zeus'])('is closed when the model chose %j, and answered as without it', (group) => {
    const modelChoice = { group, confidence: 0.7, model: 'Mistral small' };
    const answer = ask([finance, hr, anything], { ...open, modelChoice });
    expect(answer).toMatchObject({ decision: { agentId: 'assistant', strategy: 'default' } });
    expect(answer.isOpen ?? false).toBe(false);
  });

  it('does not ask the model where a scorer is sure', () => {
    const modelChoice = { group: 'hr', confidence: 1, model: 'Mistral small' };
    expect(ask([finance, hr, anything], { text: 'my budget', modelChoice })).toMatchObject({
      decision: { agentId: 'finance', strategy: 'keywords' },
    });
  });
});

describe('the list for a language model', () => {
  it('has each group once that is online and says what it is for, by name', () => {
    const agents = [
      hr,
      finance,
      agent('finance-2', { group: 'finance', description: 'Money' }),
      agent('silent'),
      agent('away', { description: 'Away', state: 'offline' }),
    ];
    expect(modelOptions(agents)).toEqual([
      { id: 'finance', description: 'Finance: Money budget' },
      { id: 'hr', description: 'Hr: “I am sick” “I resign” “I am late”' },
    ]);
  });
});
