import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../../tools/test/property-runs.mjs';
import { splitClauses } from '../../language/clauses.ts';
import { sayDays } from '../../language/day-count.ts';
import { EMPTY_LEAVE, type LeaveAccount, leftOf } from './leave-account.ts';
import { understandHr } from './understand-hr.ts';

const AT = new Date(2026, 10, 21, 12);

/** The memory and the replies after these messages. */
function after(...messages: readonly string[]): { account: LeaveAccount; said: string } {
  let account = EMPTY_LEAVE;
  let said = '';
  for (const message of messages) {
    const calls = splitClauses(message).flatMap((clause) => understandHr(clause) ?? []);
    for (const { change } of calls) account = change?.(account, AT) ?? account;
    said = calls.flatMap((call) => call.tell(account, AT)).join(' ');
  }
  return { account, said };
}

const left = (...messages: readonly string[]) => leftOf(after(...messages).account);

describe('leave that is left, in half days', () => {
  it.each([
    [50, ['I have 30 days of leave', 'I take 5 days off in July']],
    [50, ['I have 30 days of leave and I take 5 days off in July. How many leave days do I have left?']],
    [59, ['I have 30 days of leave', 'I take half a day off on Friday']],
    [55, ['My vacation allowance is 30 days', 'I took 2.5 days off last week']],
    [40, ['I get 30 days of annual leave', 'Please book two weeks off in August']],
    [-4, ['I have 3 days of leave', 'I take 5 days off']],
    [52, ['I have 25 days of leave', 'I get 1 more day of leave']],
    [60, ['I take 5 days off', 'I have 35 vacation days']],
    [50, ['I have 30 days of leave', 'I take 6 days off in July', 'I give back 1 day']],
    [60, ['I have 30 days of leave', 'I take 5 days off in July', 'Cancel my leave in July']],
    [60, ['I have 30 days of leave', 'I take 5 days off in July', 'undo']],
    [46, ['I have 30 days of leave', 'I take 5 days off in July and 2 days in August']],
    [54, ['I have 30 days of leave', "I'd like to take 3 days off next week"]],
    [50, ['Ich habe 30 Tage Urlaub', 'Ich nehme 5 Tage Urlaub im Juli']],
    [56, ['I am entitled to 28 days of vacation']],
    [50, ['I have 30 days of leave', 'I have 5 days off in July']],
    [50, ['I have 25 days off a year']],
    [50, ['I have 30 days of leave', 'I take 5 days off and stay at home']],
    [24, ['I have 30 days of leave', 'I take 5 days off', 'I have 12 days of leave left']],
    [null, ['I have 30 days of leave', 'Start over']],
  ] as const)('are %s after %j', (halfDays, messages) => {
    expect(left(...messages)).toBe(halfDays);
  });

  it.each([
    'I was sick for 3 days',
    'I take 2 sick days off',
    'I take 2 days off because I am ill',
    'Can I take 5 days off?',
    'I did not take 5 days off',
    'Maybe I take 5 days off',
    'How many days of leave do new employees get?',
    'I take 1.25 days off',
    'I take leave in July',
    'I take Friday off',
    'I work 5 days a week',
    'I worked from home for 2 days',
    'The training takes 2 days',
    'If I take 5 days off',
  ])('stays as it is after: %s', (message) => {
    expect(left('I have 30 days of leave', message)).toBe(60);
  });

  it('counts entries too old to be listed one by one', () => {
    const messages = Array.from({ length: 250 }, () => 'I take half a day off');
    const { account } = after('I have 200 days of leave', ...messages);
    expect(leftOf(account)).toBe(150);
    expect(account.entries).toHaveLength(200);
  });

  it('is the allowance less the days taken, plus the days given back', () => {
    const halfDays = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(
        halfDays,
        fc.array(fc.tuple(fc.boolean(), halfDays), { maxLength: 250 }),
        (allowance, entries) => {
          const messages = entries.map(
            ([isBack, days]) => `I ${isBack ? 'give back' : 'take off'} ${sayDays(days)}`,
          );
          const sum = entries.reduce((total, [isBack, days]) => total + (isBack ? days : -days), allowance);
          expect(left(`My leave allowance is ${sayDays(allowance)}`, ...messages)).toBe(sum);
        },
      ),
      { numRuns: runs(30) },
    );
  });
});

describe('HR says', () => {
  it.each([
    [['I have 30 days of leave'], 'Noted. You have **30 days** of leave, all of it is left.'],
    [
      ['I have 30 days of leave', 'I take 5 days off in July'],
      'Noted: 5 days off in July. You have **25 days** of your 30 days of leave left.',
    ],
    [
      ['I have 5 days of leave', 'I take a week off'],
      'I count five working days a week, so 5 days. Noted: 5 days off. Your 5 days of leave are used up: **nothing** is left.',
    ],
    [
      ['I have 2 days of leave', 'I take 2.5 days off'],
      'Noted: 2.5 days off. That is **half a day more** than your 2 days of leave; please talk to your manager.',
    ],
    [
      ['I have 5 days of leave', 'Can I take 3 days off?'],
      'If you take 3 days (I have noted nothing yet), **2 days** will be left.',
    ],
    [
      ['I have 5 days of leave', 'Can I take 6 days off?'],
      'If you take 6 days (I have noted nothing yet), that is **1 day more** than you have left.',
    ],
    [
      ['How many leave days do I have left?'],
      'I do not know how many days of leave you have. Tell me, for example: *I have 30 days of leave*.',
    ],
    [
      ['I have 9 days of leave', 'I take 1 day off on Friday', 'How many days off do I have left?'],
      'You have **8 days** of your 9 days of leave left.  Taken: - 1 day on Friday',
    ],
    [['cancel my leave in May'], 'I have noted no leave for May that could be taken back.'],
    [['I take 1.25 days off'], 'I count leave in half days; I have noted nothing.'],
    [
      ['I am taking vacation'],
      'How many working days is that? Say for example *I take 5 days off in July*; I have noted nothing yet.',
    ],
  ] as const)('after %j: %s', (messages, said) => {
    expect(after(...messages).said).toBe(said);
  });

  it.each([
    'How much leave do I get in the first year?',
    'I was sick for 3 days',
    'Who pays my salary?',
    'It takes 3 days',
  ])('nothing of its own to: %s', (text) => expect(understandHr(text)).toBeUndefined());
});
