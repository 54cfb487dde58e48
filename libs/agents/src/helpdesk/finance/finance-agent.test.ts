import { describe, expect, it } from '@jest/globals';
import { testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import { CAPABILITIES } from '@parley/shared-models';
import { createFinanceAgent } from './finance-agent.ts';

const offline = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });
const grace = { id: 'grace', name: 'Grace' };

describe('Finance, offline', () => {
  it('says in its profile that it follows offline rules and holds sessions', () => {
    const finance = createFinanceAgent(offline);
    expect(finance.capabilities).toContain(`${CAPABILITIES.languageModelPrefix}offline rules`);
    expect(finance.holdsSession).toBe(true);
  });

  it('remembers a budget from one message to the next and says what is left of it', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    await finance.send('My budget is 1,500 €');
    expect((await finance.send('I spent 300 on a laptop bag')).replies).toEqual([
      'Noted: 300 € for a laptop bag.\n**1,200 €** of your budget of 1,500 € is left.',
    ]);
    expect((await finance.send('@Finance What is left of my budget?')).text).toContain('1,200 €');
  });

  it('does several things that one message says, and says what is left once', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    const answer = await finance.send('Hello! My budget is 1,500 € and I spent 300 on a bag. What is left?');
    expect(answer.text).toBe(
      'Noted.\nNoted: 300 € for a bag.\n**1,200 €** of your budget of 1,500 € is left.',
    );
  });

  it('mixes up nobody with anybody else', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    await finance.send('My budget is 1,500 €');
    expect((await finance.send('What is left of my budget?', { user: grace })).text).toContain(
      'I know no budget',
    );
  });

  it('notes an expense once when its message is handed out again', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    await finance.send('My budget is 1,500 €');
    const first = await finance.send('I spent 300 € on a bag');
    expect((await finance.redeliver()).text).toBe(first.text);
    expect((await finance.send('What is left?')).text).toContain('**1,200 €**');
    await finance.send('@Finance Undo');
    expect((await finance.redeliver()).text).toContain('Taken back: 300 € for a bag.');
    expect((await finance.send('What is left?')).text).toContain('**1,500 €**');
  });

  it('answers from the handbook and cites the section', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    expect((await finance.send('How do I get my expenses reimbursed?')).text).toMatch(
      /60 days[\s\S]*— finance handbook, \*Expenses › How to hand in expenses\*/,
    );
    const both = await finance.send('I spent 20 € on a taxi. How do I get my expenses reimbursed?');
    expect(both.text).toMatch(/^Noted: 20 € for a taxi\.[\s\S]*60 days/);
  });

  it('says what it does not understand, and what one can say, and remembers nothing', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    expect((await finance.send('Who won the world cup?')).text).toMatch(
      /^I found nothing on that.*My budget is/,
    );
    expect(finance.memory.values('ada')).toEqual({});
    expect((await finance.send('My budget is 5 €. Who won the world cup?')).text).toContain(
      'I have no answer to “Who won the world cup?”',
    );
    expect((await finance.send('Hello!')).text).toContain('My budget is 1,500 €');
  });

  it('confirms END', async () => {
    const finance = testAgent(createFinanceAgent(offline));
    expect((await finance.end()).text).toContain('Finance');
  });
});
