import { z } from 'zod';
import { dayOf, isInLastWeek, pastDayIn } from '../../language/day.ts';
import { Currency, DecimalAmount, formatMoney, toMinor } from '../../language/money.ts';
import { type AnyAction, type Call, defineAction } from '../../rules/action.ts';
import { sayLeft, sayList, sayNoted } from './finance-text.ts';
import {
  accountIn,
  addEntry,
  changeAccount,
  currencyIn,
  EMPTY_LEDGER,
  type Ledger,
  removeLastEntry,
  spentOf,
} from './ledger.ts';

const MoneyInput = z.object({
  amount: DecimalAmount.describe('More than 0, as plain decimal digits: "1500" or "12.50"'),
  currency: Currency.default('').describe('ISO 4217 code, empty when the person names none'),
});
const EntryInput = MoneyInput.extend({
  what: z.string().trim().max(80).default('').describe('What it was for, in a few words'),
  when: z.string().max(40).default('').describe('"yesterday", "on Monday"; empty: today'),
});
type MoneyInput = z.infer<typeof MoneyInput>;
type EntryInput = z.infer<typeof EntryInput>;

export const setBudget = defineAction<Ledger, MoneyInput>({
  name: 'set_budget',
  description: "Sets or replaces the person's budget. What was spent stays.",
  input: MoneyInput,
  call: (money) => ({
    change: (ledger) => changeAccount(ledger, money, (account, budget) => ({ ...account, budget })),
    tell: (ledger) =>
      orUnpayable(ledger, money, (_minor, currency) => ['Noted.', sayLeft(accountIn(ledger, currency))]),
  }),
});

export const setRemaining = defineAction<Ledger, MoneyInput>({
  name: 'set_remaining',
  description: 'Sets the budget so that this amount is left of it now.',
  input: MoneyInput,
  call: (money) => ({
    change: (ledger) =>
      changeAccount(ledger, money, (account, left) => ({ ...account, budget: left + spentOf(account) })),
    tell: (ledger) =>
      orUnpayable(ledger, money, (_minor, currency) => ['Noted.', sayLeft(accountIn(ledger, currency))]),
  }),
});

export const raiseBudget = defineAction<Ledger, MoneyInput & { isCut: boolean }>({
  name: 'change_budget_by',
  description: 'Raises the budget by an amount, or cuts it when isCut.',
  input: MoneyInput.extend({ isCut: z.boolean().default(false) }),
  call: (input) => ({
    change: (ledger) =>
      changeAccount(ledger, input, (account, minor) => ({
        ...account,
        budget: (account.budget ?? 0) + (input.isCut ? -minor : minor),
      })),
    tell: (ledger) =>
      orUnpayable(ledger, input, (minor, currency) => [
        `Noted: the budget is ${input.isCut ? 'cut' : 'raised'} by ${formatMoney(minor, currency)}.`,
        sayLeft(accountIn(ledger, currency)),
      ]),
  }),
});

export const recordExpense = defineAction<Ledger, EntryInput>({
  name: 'record_expense',
  description: 'Notes that money was spent. Only for what has been spent, not for plans.',
  input: EntryInput,
  call: (input) => entryCall(input, 1),
});

export const recordRefund = defineAction<Ledger, EntryInput>({
  name: 'record_refund',
  description: 'Notes that money came back for an earlier expense.',
  input: EntryInput,
  call: (input) => entryCall(input, -1),
});

export const checkAffordable = defineAction<Ledger, MoneyInput>({
  name: 'check_affordable',
  description: 'What would be left after spending an amount. Notes nothing.',
  input: MoneyInput,
  call: (money) => ({
    tell: (ledger) =>
      orUnpayable(ledger, money, (minor, currency) => {
        const account = accountIn(ledger, currency);
        if (account.budget === null)
          return [`I cannot say: I know no budget${inCurrency(currency)}. Tell me yours first.`];
        const after = sayLeft({ ...account, earlier: account.earlier + minor });
        return [`If you spend ${formatMoney(minor, currency)} (I have noted nothing yet): ${after}`];
      }),
  }),
});

export const tellBudget = defineAction<Ledger, Record<string, never>>({
  name: 'tell_budget',
  description: 'The budget, what was spent and what is left, in each currency.',
  input: z.object({}),
  call: () => ({
    tell: ({ accounts }) =>
      accounts.length === 0
        ? ['I know no budget of yours yet. Tell me, for example: *My budget is 1,500 €*.']
        : accounts.map(sayLeft),
  }),
});

export const listExpenses = defineAction<
  Ledger,
  { about: string; period: 'all' | 'today' | 'week' | 'month' }
>({
  name: 'list_expenses',
  description: 'The expenses one by one with their sum.',
  input: z.object({
    about: z.string().max(80).default('').describe('Only those with these words; empty: all'),
    period: z.enum(['all', 'today', 'week', 'month']).default('all').describe('week: the last seven days'),
  }),
  call: ({ about, period }) => ({
    tell: ({ accounts }, at) => {
      const today = dayOf(at);
      const isWanted = (day: string): boolean =>
        period === 'all' ||
        (period === 'today'
          ? day === today
          : period === 'week'
            ? isInLastWeek(day, today)
            : day.slice(0, 7) === today.slice(0, 7));
      return sayList(accounts, { about, isAll: period === 'all' && about === '', isWanted });
    },
  }),
});

export const undoLast = defineAction<Ledger, Record<string, never>>({
  name: 'undo_last_entry',
  description: 'Takes back the latest expense or refund.',
  input: z.object({}),
  call: () => ({
    change: removeLastEntry,
    tell: ({ accounts, removed }) => {
      if (removed === null) return ['There is nothing to take back.'];
      const what = removed.what === '' ? '' : ` for ${removed.what}`;
      const left = accounts.filter(({ currency }) => currency === removed.currency).map(sayLeft);
      return [`Taken back: ${formatMoney(removed.minor, removed.currency)}${what}.`, ...left];
    },
  }),
});

export const startOver = defineAction<Ledger, Record<string, never>>({
  name: 'start_over',
  description: 'Forgets budget and expenses. Only when the person asks for it.',
  input: z.object({}),
  call: () => ({
    change: () => EMPTY_LEDGER,
    tell: () => ['Budget and expenses are cleared. What is your new budget?'],
  }),
});

export const FINANCE_ACTIONS: readonly AnyAction<Ledger>[] = [
  setBudget,
  setRemaining,
  raiseBudget,
  recordExpense,
  recordRefund,
  checkAffordable,
  tellBudget,
  listExpenses,
  undoLast,
  startOver,
];

function entryCall(input: EntryInput, sign: 1 | -1): Call<Ledger> {
  return {
    change: (ledger, at) =>
      changeAccount(ledger, input, (account, minor) =>
        addEntry(account, { minor: sign * minor, what: input.what, day: pastDayIn(input.when, dayOf(at)) }),
      ),
    tell: (ledger) =>
      orUnpayable(ledger, input, (minor, currency) => [
        sayNoted(sign * minor, currency, input.what),
        sayLeft(accountIn(ledger, currency)),
      ]),
  };
}

/** The answer of `tell`, or a refusal where the amount cannot be paid in its currency. */
function orUnpayable(
  ledger: Ledger,
  money: MoneyInput,
  tell: (minor: number, currency: string) => readonly string[],
): readonly string[] {
  const currency = currencyIn(ledger, money);
  const minor = toMinor(money.amount, currency);
  if (minor === undefined || minor === 0) {
    return [
      `${money.amount} ${currency} is no amount that can be paid; I have noted nothing.`.replace('  ', ' '),
    ];
  }
  return tell(minor, currency);
}

function inCurrency(currency: string): string {
  return currency === '' ? '' : ` in ${currency}`;
}
