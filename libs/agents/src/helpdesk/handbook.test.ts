import { describe, expect, it } from '@jest/globals';
import { createHandbook, readHandbook, sectionsOf } from './handbook.ts';

const folder = (name: string): URL => new URL(`./knowledge/${name}/`, import.meta.url);
const hr = readHandbook(folder('hr'));
const finance = readHandbook(folder('finance'));
const titles = (handbook: typeof hr, question: string) => handbook.search(question).map(({ title }) => title);

describe('the handbook of HR', () => {
  it.each([
    ['How much leave do I get in the first year?', 'How much leave there is'],
    ['How do I request vacation?', 'How to request leave'],
    ['Can I carry over unused days into next year?', 'Leave that is left at the end of the year'],
    ['I fell ill during my holiday', 'Sick during leave'],
    ['What do I do when I am sick?', 'When you are sick'],
    ['My daughter is ill', 'When your child is sick'],
    ['I am pregnant', 'Parental leave'],
    ['Do I get days off for my wedding?', 'Special leave'],
    ['Can I work from home?', 'Working from home'],
    ['what is the policy on remote working', 'Working from home'],
    ['How do I quit?', 'Notice and leaving the company'],
    ['When is payday?', 'Salary and payslips'],
    ['Where do I find my payslips', 'Salary and payslips'],
    ['I have a new address', 'Changes of personal data'],
    ['onboarding of a new employee', 'First days of new employees'],
    ['Human resources contact', 'How to reach Human Resources'],
    ['Do I have to work overtime at weekends?', 'Overtime'],
  ])('answers "%s" with "%s"', (question, title) => {
    expect(titles(hr, question)[0]).toBe(title);
  });

  it.each([
    'What is the capital of France?',
    'Who won the world cup?',
    'Tell me a joke',
    'How tall is Mount Everest?',
    '',
    '???',
    'the and of',
  ])('has nothing on: %s', (question) => expect(titles(hr, question)).toEqual([]));
});

describe('the handbook of Finance', () => {
  it.each([
    ['How do I get my expenses reimbursed?', 'How to hand in expenses'],
    ['I lost a receipt', 'Receipts'],
    ['What may a hotel cost?', 'Hotels'],
    ['How much is the per diem?', 'Meals on business trips'],
    ['mileage for my own car', 'Driving your own car'],
    ['May I fly business class?', 'Trains, flights and taxis'],
    ['Who approves a purchase of 3,000 €?', 'Who may approve purchases'],
    ['Where do I send an invoice from a supplier?', 'Invoices that we receive'],
    ['How is the annual budget planned?', 'How budgets are planned'],
    ['a customer has not paid their invoice', 'Customers who pay late'],
    ['I lost my company credit card', 'Company card'],
    ['exchange rates', 'Expenses in foreign currencies'],
  ])('answers "%s" with "%s"', (question, title) => {
    expect(titles(finance, question)[0]).toBe(title);
  });

  it.each([
    'What is the capital of France?',
    'Recommend me a novel',
    'Write a ghost story about an old hotel in Paris',
    'Who is the president?',
    'Will it rain tomorrow?',
  ])('has nothing on: %s', (question) => expect(titles(finance, question)).toEqual([]));

  it('finds a word with a slip of the pen', () => {
    expect(titles(finance, 'How do I get reimbursd?')[0]).toBe('How to hand in expenses');
  });
});

describe('a page', () => {
  it('is taken apart into sections without their hidden words', () => {
    const sections = sectionsOf(
      '# Page\n\nIntro\n\n## One\n<!-- also: uno, eins -->\nText of\none.\n\n## Two\nMore.\n',
    );
    expect(sections).toEqual([
      { page: 'Page', title: 'One', also: ' uno, eins ', text: 'Text of one.' },
      { page: 'Page', title: 'Two', also: '', text: 'More.' },
    ]);
    expect(createHandbook(sections).search('eins')).toMatchObject([{ title: 'One' }]);
  });
});
