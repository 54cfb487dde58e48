import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { z } from 'zod';
import { runs } from '../../../../tools/test/property-runs.mjs';
import { EMPTY_LEDGER, Ledger } from '../helpdesk/finance/ledger.ts';
import { understandFinance } from '../helpdesk/finance/understand-finance.ts';
import { readHandbook } from '../helpdesk/handbook.ts';
import { EMPTY_LEAVE, LeaveAccount } from '../helpdesk/hr/leave-account.ts';
import { understandHr } from '../helpdesk/hr/understand-hr.ts';
import { splitClauses } from '../language/clauses.ts';
import { EMPTY_NUTRITION, Nutrition } from '../wellness/ceres/nutrition.ts';
import { understandCeres } from '../wellness/ceres/understand-ceres.ts';
import { EMPTY_FITNESS, Fitness } from '../wellness/helios/fitness.ts';
import { understandHelios } from '../wellness/helios/understand-helios.ts';
import type { Call } from './action.ts';

interface Rules<State> {
  readonly understand: (clause: string) => readonly Call<State>[] | undefined;
  readonly schema: z.ZodType<State>;
  readonly empty: State;
}

const AT = new Date(2026, 10, 21, 12);

/** Reads the text, changes and tells; returns whether the memory then fits its schema. */
function isSound<State>({ understand, schema, empty }: Rules<State>, text: string): boolean {
  const calls = splitClauses(text).flatMap((clause) => understand(clause) ?? []);
  const state = calls.reduce((before, { change }) => change?.(before, AT) ?? before, empty);
  for (const call of calls)
    for (const line of call.tell(state, AT)) expect(line).not.toMatch(/undefined|NaN|\[object/);
  return schema.safeParse(state).success;
}

const rules: readonly (readonly [name: string, isSound: (text: string) => boolean])[] = [
  [
    'Finance',
    (text) => isSound({ understand: understandFinance, schema: Ledger, empty: EMPTY_LEDGER }, text),
  ],
  ['HR', (text) => isSound({ understand: understandHr, schema: LeaveAccount, empty: EMPTY_LEAVE }, text)],
  [
    'Helios',
    (text) => isSound({ understand: understandHelios, schema: Fitness, empty: EMPTY_FITNESS }, text),
  ],
  [
    'Ceres',
    (text) => isSound({ understand: understandCeres, schema: Nutrition, empty: EMPTY_NUTRITION }, text),
  ],
];

const word = fc.constantFrom(
  ...'I my spent budget is € 300 1,500 on a bag take took days off leave half week ran km in minutes steps goal had ate for breakfast'.split(
    ' ',
  ),
  ...[
    'water',
    'drank',
    'undo',
    '?',
    '.',
    ',',
    '-5',
    '0',
    '999999999999',
    '10k',
    'and',
    'not',
    'what',
    'left',
    'back',
    'vegan',
    '2.5',
    '💪',
    '\n',
  ],
  'x'.repeat(90),
);
const text = fc.oneof(
  fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
  fc.string({ unit: 'binary' }),
);

describe.each(rules)('the rules of %s', (_name, check) => {
  it('remember only data that they can read again, for any text', () => {
    fc.assert(
      fc.property(text, (said) => {
        expect(check(said)).toBe(true);
      }),
      { numRuns: runs(300) },
    );
  });

  it('come to an end with the longest message', () => {
    for (const piece of ['what should ', 'I spent 5 € on ', '1', ' ', 'i had ', 'in on at ']) {
      expect(check(piece.repeat(60_000 / piece.length))).toBe(true);
    }
  });
});

describe('the handbook', () => {
  it('comes to an end with the longest question', () => {
    const hr = readHandbook(new URL('../helpdesk/knowledge/hr/', import.meta.url));
    for (const piece of ['k', 'k ', 'leave ', 'sickk '])
      expect(hr.search(piece.repeat(60_000 / piece.length)).length).toBeLessThan(4);
  });
});
