import { z } from 'zod';
import { Day } from '../../language/day.ts';
import { Currency, type Money, placesOf, toMinor } from '../../language/money.ts';

const Minor = z.number().int();

/** An expense, or a refund where it is negative, in the currency's smallest unit. */
const Entry = z.object({ minor: Minor, what: z.string().max(80), day: Day });
export type Entry = z.infer<typeof Entry>;

/** A budget and its expenses, in one currency. */
export const Account = z.object({
  currency: Currency,
  /** Null: not told. */
  budget: Minor.nullable(),
  /** Oldest first. */
  entries: z.array(Entry),
  /** Sum of the entries that are too old to be kept one by one. */
  earlier: Minor,
});
export type Account = z.infer<typeof Account>;

/** What Finance remembers about a person. Amounts in different currencies are never added up. */
export const Ledger = z.object({
  accounts: z.array(Account),
  /** The currency that an amount without one is in: the one spoken of last. */
  current: Currency,
  /** The entry that the last message removed. */
  removed: z.object({ currency: Currency, minor: Minor, what: z.string() }).nullable(),
});
export type Ledger = z.infer<typeof Ledger>;

export const EMPTY_LEDGER: Ledger = { accounts: [], current: '', removed: null };

const KEPT_ENTRIES = 100;

/** The currency that is meant, as `change` would find it. */
export function currencyIn(ledger: Ledger, { currency }: Money): string {
  return currency === '' ? ledger.current : currency;
}

export function accountIn(ledger: Ledger, currency: string): Account {
  return (
    ledger.accounts.find((account) => account.currency === currency) ?? {
      currency,
      budget: null,
      entries: [],
      earlier: 0,
    }
  );
}

export function spentOf({ entries, earlier }: Account): number {
  return entries.reduce((sum, { minor }) => sum + minor, earlier);
}

/** Null: no budget was told. Negative: more was spent than there is. */
export function leftOf(account: Account): number | null {
  return account.budget === null ? null : account.budget - spentOf(account);
}

/** `change` gets the account that the amount is in, and the amount in its smallest unit; without one nothing changes. */
export function changeAccount(
  ledger: Ledger,
  money: Money,
  change: (account: Account, minor: number) => Account,
): Ledger {
  const known = adoptCurrency(ledger, money.currency);
  const currency = currencyIn(known, money);
  const minor = toMinor(money.amount, currency);
  if (minor === undefined || minor === 0) return { ...ledger, removed: null };
  return withAccount(
    { ...known, current: currency, removed: null },
    change(accountIn(known, currency), minor),
  );
}

export function addEntry(account: Account, entry: Entry): Account {
  const entries = [...account.entries, entry];
  const dropped = entries.slice(0, -KEPT_ENTRIES);
  return {
    ...account,
    entries: entries.slice(-KEPT_ENTRIES),
    earlier: dropped.reduce((sum, { minor }) => sum + minor, account.earlier),
  };
}

/** Takes back the latest entry of the currency spoken of last. */
export function removeLastEntry(ledger: Ledger): Ledger {
  const account = accountIn(ledger, ledger.current);
  const last = account.entries.at(-1);
  if (last === undefined) return { ...ledger, removed: null };
  const { minor, what } = last;
  return withAccount(
    { ...ledger, removed: { currency: account.currency, minor, what } },
    { ...account, entries: account.entries.slice(0, -1) },
  );
}

function withAccount(ledger: Ledger, account: Account): Ledger {
  const others = ledger.accounts.filter(({ currency }) => currency !== account.currency);
  return { ...ledger, accounts: [...others, account] };
}

/** Amounts that were told without a currency are in the first one that is named. */
function adoptCurrency(ledger: Ledger, currency: string): Ledger {
  const [only, ...others] = ledger.accounts;
  const isOpen = only?.currency === '' && others.length === 0 && currency !== '';
  if (!isOpen || placesOf(currency) !== placesOf('')) return ledger;
  return { ...ledger, current: currency, accounts: [{ ...only, currency }] };
}
