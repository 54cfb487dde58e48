import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerOffline } from './answer-offline.ts';

const answer = (text: string) => answerOffline(text, new Date(2026, 0, 31, 9, 5));

describe('an offline answer', () => {
  it.each(['Hi', 'hello!', 'Good morning', 'Hey there 👋', 'Bonjour', 'Hello, hello'])(
    'greets back at %j',
    (text) => {
      expect(answer(text)).toMatch(/^Hello! .*offline rules/);
    },
  );

  it('greets and answers when a question follows the greeting', () => {
    expect(answer('Hello! What can you help with?')).toBe(`Hello! ${answer('What can you help with?')}`);
  });

  it.each([
    ['What is Parley?', 'switchboard'],
    ["What's this Parley thing", 'switchboard'],
    ['How does this work?', 'durable queues'],
    ['help', 'Without a language model I can'],
    ['What can you do?', 'Without a language model I can'],
    ['Who are you?', 'no language model, no person'],
    ['Are you a bot?', 'no language model, no person'],
    ['How do I write an agent?', 'defineAgent'],
    ['Which agents are there?', 'sidebar'],
    ['How do I switch on a language model?', 'MISTRAL_API_KEY'],
    ['is there an API key?', 'LLM_BASE_URL'],
    ['How are you?', 'in order'],
    ['Tell me a joke', 'queue'],
    ['thanks a lot', 'You are welcome'],
    ['Goodbye', 'Goodbye!'],
    ['ok', 'what can you do?'],
  ])('answers %j', (text, part) => {
    expect(answer(text)).toContain(part);
  });

  it.each([
    'What time is it?',
    "What's the time",
    'What is the date today?',
    'which day is today',
    "today's date",
  ])('tells date and time at %j', (text) => {
    expect(answer(text)).toContain('It is 09:05 on Saturday');
    expect(answer(text)).toContain('31 January 2026');
  });

  it.each([
    'Who wrote Hamlet?',
    'what a time to be alive, but who won the cup?',
    'Tell me about the Roman Empire',
    'why',
  ])('admits that it cannot answer %j', (text) => {
    expect(answer(text)).toContain(`> ${text}\n\nI cannot answer that offline`);
    expect(answer(text)).toContain('MISTRAL_API_KEY');
  });

  it('does not treat a statement as a question', () => {
    expect(answer('My cat is grey.')).toContain('I have read it');
  });

  it('compares words, not parts of them', () => {
    for (const text of ['This hinders me', 'The thankless jokers ran off', 'Timed helpfulness']) {
      expect(answer(text)).toContain('I have read it');
    }
  });

  it('quotes no more than the beginning of a long text, on one line', () => {
    const [quote] = answer(`long\n\n${'word '.repeat(10_000)}`).split('\n');
    expect(quote).toMatch(/^> long word .*…$/);
    expect(quote?.length).toBeLessThan(210);
  });

  it('finds something to say to any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 500 }), fc.lorem()), (text) => {
        expect(answer(text).trim()).not.toBe('');
        expect(answer(text).length).toBeLessThan(1500);
      }),
    );
  });
});
