import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TestAgent, testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import {
  callTools,
  respondWith,
  type StandInProvider,
  startStandInProvider,
  streamPieces,
} from '@parley/language-model/stand-in-provider';
import { createFinanceAgent } from '../helpdesk/finance/finance-agent.ts';

let provider: StandInProvider;
let finance: TestAgent;

beforeEach(async () => {
  provider = await startStandInProvider();
  const settings = { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' };
  finance = testAgent(createFinanceAgent(await createLanguageModel(settings, { retries: 0 })));
});
afterEach(() => provider.close());

const spend = { name: 'record_expense', input: { amount: '300', currency: 'EUR', what: 'a bag' } };
const setBudget = { name: 'set_budget', input: { amount: '1500', currency: 'EUR' } };

describe('an agent with a language model', () => {
  it('does what the model decides with the functions that the rules use, and streams its words', async () => {
    provider.play(callTools(setBudget, spend), streamPieces('You have ', '1,200 € left.'));
    const answer = await finance.send('I have a grand and a half and a bag took 300 of it');
    expect(answer.replies).toEqual(['You have 1,200 € left.']);
    expect(answer.pieces).toEqual(['You have ', '1,200 € left.']);
    expect(answer.typing).toEqual([true]);
    const told = JSON.stringify(provider.requests[1]?.body.messages);
    expect(told).toContain('**1,200 €** of your budget of 1,500 € is left.');
    expect(finance.memory.values('ada')).toMatchObject({
      ledger: { accounts: [{ currency: 'EUR', budget: 150_000 }] },
    });
  });

  it('introduces itself, offers its tools and passes on what was said before', async () => {
    provider.play(streamPieces('Hello'));
    await finance.send('Good day');
    await finance.send('And now?');
    const { messages, tools } = provider.requests[1]?.body ?? {};
    expect(messages).toMatchObject([
      { role: 'system', content: expect.stringContaining('You are Finance') },
      { role: 'user', content: 'Good day' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'And now?' },
    ]);
    expect(tools?.map((tool) => tool.function.name)).toEqual(
      expect.arrayContaining(['set_budget', 'record_expense', 'tell_budget', 'search_handbook']),
    );
  });

  it('finds in the handbook what the model asks for', async () => {
    provider.play(
      callTools({ name: 'search_handbook', input: { question: 'mileage' } }),
      streamPieces('0.30 € a kilometre.'),
    );
    await finance.send('What do I get for driving?');
    expect(JSON.stringify(provider.requests[1]?.body.messages)).toContain(
      'Business travel › Driving your own car',
    );
  });

  it('does nothing with arguments that are not valid', async () => {
    provider.play(
      callTools({ name: 'record_expense', input: { amount: '-300' } }),
      streamPieces('That did not work.'),
    );
    expect((await finance.send('Take 300')).text).toBe('That did not work.');
    expect(finance.memory.values('ada')).toEqual({});
  });

  it('notes an expense once when the message is handed out again', async () => {
    provider.play(
      callTools(setBudget, spend),
      streamPieces('Done.'),
      callTools(setBudget, spend),
      streamPieces('Done.'),
    );
    await finance.send('1500 budget, 300 for a bag');
    await finance.redeliver();
    expect(finance.memory.values('ada')).toMatchObject({
      ledger: { accounts: [{ entries: [{ minor: 30_000 }] }] },
    });
  });

  it('answers by the rules when the provider fails, and says so', async () => {
    provider.play(respondWith(403, { error: { message: 'no' } }));
    const answer = await finance.send('My budget is 1,500 €');
    expect(answer.text).toMatch(/Your budget is \*\*1,500 €\*\*[\s\S]*refused access \(403\).*offline rules/);
  });

  it('answers by the rules when the provider fails after it has only looked something up', async () => {
    provider.play(
      callTools({ name: 'tell_budget', input: {} }),
      respondWith(403, { error: { message: 'no' } }),
    );
    const answer = await finance.send('My budget is 1,500 €');
    expect(answer.text).toMatch(/^Noted\.\nYour budget is \*\*1,500 €\*\*/);
  });

  it('tells what was done when the provider fails after that, and does not do it again', async () => {
    provider.play(callTools(setBudget, spend), respondWith(403, { error: { message: 'no' } }));
    const answer = await finance.send('My budget is 1,500 € and I spent 300 on a bag');
    expect(answer.text).toContain('**1,200 €**');
    expect(answer.text).toContain('refused access (403)');
    expect(finance.memory.values('ada')).toMatchObject({
      ledger: { accounts: [{ entries: [{ minor: 30_000 }] }] },
    });
  });
});
