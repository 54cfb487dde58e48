import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../../tools/test/property-runs.mjs';
import { splitClauses } from '../../language/clauses.ts';
import { formatMoney } from '../../language/money.ts';
import { accountIn, EMPTY_LEDGER, type Ledger, leftOf } from './ledger.ts';
import { understandFinance } from './understand-finance.ts';

const AT = new Date(2026, 10, 21, 12);

/** The memory and the replies after these messages. */
function after(...messages: readonly string[]): { ledger: Ledger; said: string } {
  let ledger = EMPTY_LEDGER;
  let said = '';
  for (const message of messages) {
    const calls = splitClauses(message).flatMap((clause) => understandFinance(clause) ?? []);
    for (const { change } of calls) ledger = change?.(ledger, AT) ?? ledger;
    said = calls.flatMap((call) => call.tell(ledger, AT)).join(' ');
  }
  return { ledger, said };
}

const left = (currency: string, ...messages: readonly string[]) =>
  leftOf(accountIn(after(...messages).ledger, currency));

describe('the rest of a budget', () => {
  it.each([
    ['EUR', 120_000, ['My budget is 1,500 €', 'I spent 300 on a laptop bag']],
    ['EUR', 120_000, ['My budget is 1.500,00 € and I spent 300 on a laptop bag. What is left of my budget?']],
    ['EUR', -20_000, ['My budget is 100 €', 'I bought a chair for 300 €']],
    ['EUR', 0, ['My budget is 0.30 €', 'I paid 0.10 €', 'I paid 0.20 €']],
    ['EUR', 100_000, ['Budget: 1.000 €', 'I spent 50 € on lunch', 'I got 50 € back for lunch']],
    ['EUR', 97_250, ['my budget is 1k €', 'I spent 20 on lunch and 7.50 on coffee']],
    ['EUR', 160_000, ['My budget is 1,500 €', 'Please raise my budget by 100 €']],
    ['EUR', 140_000, ['My budget is 1,500 €', 'Cut the budget by 100']],
    ['EUR', 150_000, ['I spent 500 €', 'My budget is 2,000 €']],
    ['EUR', 170_000, ['My budget is 1,500 €', 'I spent 300', 'My new budget is 2,000 €']],
    ['USD', 45_000, ['I have $500 to spend', 'The taxi cost me $50']],
    ['GBP', 9_999, ['Set my budget to £100', 'I paid 0.01 pounds']],
    ['JPY', 700, ['My budget is 1,000 yen', 'I spent 300 on tea']],
    ['EUR', 150_000, ['My budget is 1500', 'I have 5 people in my team', 'My budget is in € 1500']],
    ['EUR', 120_000, ['My budget is 1500', 'I spent 300 €']],
    ['EUR', 120_000, ['Mein Budget ist 1.500 Euro', 'Ich habe 300 Euro für eine Tasche ausgegeben']],
    ['EUR', 150_000, ['My budget is 1,500 €', 'I spent 300 €', 'Undo']],
    ['EUR', -50_000, ['My budget is 1,500 €', 'I bought 2 laptops for 2,000 €']],
    ['EUR', 120_000, ['My budget is 1,500 €', 'I spent 300 € on a bag from my 1,500 € budget']],
    ['EUR', 50_000, ['My budget is 1,500 €', 'I spent 300 €', 'I have 500 € left']],
    ['EUR', null, ['My budget is 1,500 €', 'Start over']],
  ] as const)('in %s is %s after %j', (currency, minor, messages) => {
    expect(left(currency, ...messages)).toBe(minor);
  });

  it.each([
    "I didn't spend 300 €",
    'If I spent 300 €, what then?',
    'Can I afford a chair for 300 €?',
    'I want to spend 300 € on a chair',
    'I am going to buy a chair for 300 €',
    'How do I get 300 € reimbursed?',
    'I spent -300 €',
    '300 €',
    'I spent 3 days on it',
    'I spent 0.001 €',
    'I spent 0 €',
    'My budget is 0 €',
    'May I spend 300 €?',
    'Each laptop costs 1,000 €',
    'I got paid 300 €',
    'I paid 50 € back to Bob',
    'I spend 300 € every month on rent',
    'I need 300 € for a chair',
  ])('stays as it is after: %s', (message) => {
    expect(left('EUR', 'My budget is 1,500 €', message)).toBe(150_000);
  });

  it('is kept apart for each currency', () => {
    const messages = ['My budget is 1,500 €', 'I spent $20 on coffee', 'I spent 10 € on tea'];
    expect(left('EUR', ...messages)).toBe(149_000);
    expect(after(...messages, 'What is left?').said).toBe(
      'That makes **$20 spent** in all. Tell me your budget in USD, and I say what is left of it. ' +
        '**1,490 €** of your budget of 1,500 € is left.',
    );
  });

  it('counts entries too old to be listed one by one', () => {
    const messages = Array.from({ length: 250 }, () => 'I spent 2 € on coffee');
    expect(left('EUR', 'My budget is 1,500 €', ...messages)).toBe(100_000);
    const { ledger, said } = after(...messages, 'What did I spend?');
    expect(accountIn(ledger, 'EUR').entries).toHaveLength(100);
    expect(said).toContain('In all **500 €**.');
  });

  it('is the budget less every expense, plus every refund, to the cent', () => {
    const minor = fc.integer({ min: 1, max: 10 ** 9 });
    const entry = fc.tuple(fc.boolean(), minor);
    const currency = fc.constantFrom('EUR', 'USD', 'GBP', 'CHF', 'JPY');
    fc.assert(
      fc.property(minor, fc.array(entry, { maxLength: 150 }), currency, (budget, entries, code) => {
        const messages = entries.map(([isRefund, amount]) =>
          isRefund
            ? `I got ${formatMoney(amount, code)} back`
            : `I spent ${formatMoney(amount, code)} on things`,
        );
        const sum = entries.reduce(
          (total, [isRefund, amount]) => total + (isRefund ? amount : -amount),
          budget,
        );
        expect(left(code, `My budget is ${formatMoney(budget, code)}`, ...messages)).toBe(sum);
      }),
      { numRuns: runs(30) },
    );
  });
});

describe('Finance says', () => {
  it.each([
    [['My budget is 1,500 €'], 'Noted. Your budget is **1,500 €**, all of it is left.'],
    [
      ['I spent 300 € on a laptop bag'],
      'Noted: 300 € for a laptop bag. That makes **300 € spent** in all. Tell me your budget in EUR, and I say what is left of it.',
    ],
    [
      ['My budget is 100 €', 'The train cost 130 €'],
      'Noted: 130 € for the train. You are **30 € over** your budget of 100 €.',
    ],
    [
      ['My budget is 100 €', 'I spent 100 €'],
      'Noted: 100 €. Your budget of 100 € is used up: **nothing** is left.',
    ],
    [
      ['My budget is 100 €', 'Can I afford a chair for 130 €?'],
      'If you spend 130 € (I have noted nothing yet): You are **30 € over** your budget of 100 €.',
    ],
    [
      ['I spent 5 € on tea', 'undo'],
      'Taken back: 5 € for tea. That makes **0 € spent** in all. Tell me your budget in EUR, and I say what is left of it.',
    ],
    [['undo'], 'There is nothing to take back.'],
    [
      ['What is left of my budget?'],
      'I know no budget of yours yet. Tell me, for example: *My budget is 1,500 €*.',
    ],
    [
      ['I spent 5 € on tea yesterday', 'I spent 7 € on lunch', 'What did I spend on tea?'],
      '- Friday 20 November: 5 € for tea  In all **5 €**.',
    ],
    [
      ['I spent 5 € on tea yesterday', 'I spent 7 € on lunch', 'What did I spend today?'],
      '- Saturday 21 November: 7 € for lunch  In all **7 €**.',
    ],
    [['What did I spend on tea this month?'], 'I have noted no expenses for tea there.'],
    [['I paid 12.5 yen'], '12.5 JPY is no amount that can be paid; I have noted nothing.'],
  ] as const)('after %j: %s', (messages, said) => {
    expect(after(...messages).said).toBe(said);
  });

  it.each([
    'What is the capital of France?',
    'How is the weather',
    'How do I hand in my travel expenses?',
    'budgets are boring',
  ])('nothing of its own to: %s', (text) => expect(understandFinance(text)).toBeUndefined());
});
