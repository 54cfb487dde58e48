import { sayDay } from '../../language/day.ts';
import { formatMoney } from '../../language/money.ts';
import { type Account, leftOf, spentOf } from './ledger.ts';

const MAX_LISTED = 15;

/** The budget and its rest, in one sentence. */
export function sayLeft(account: Account): string {
  const { budget, currency } = account;
  const spent = spentOf(account);
  const left = leftOf(account);
  if (budget === null || left === null) {
    const sum =
      spent < 0 ? `${formatMoney(-spent, currency)} came back` : `${formatMoney(spent, currency)} spent`;
    return `That makes **${sum}** in all. Tell me your budget${currency === '' ? '' : ` in ${currency}`}, and I say what is left of it.`;
  }
  const whole = formatMoney(budget, currency);
  if (left < 0) return `You are **${formatMoney(-left, currency)} over** your budget of ${whole}.`;
  if (left === 0) return `Your budget of ${whole} is used up: **nothing** is left.`;
  if (spent === 0) return `Your budget is **${whole}**, all of it is left.`;
  return `**${formatMoney(left, currency)}** of your budget of ${whole} is left.`;
}

export function sayNoted(minor: number, currency: string, what: string): string {
  const purpose = what === '' ? '' : ` for ${what}`;
  return minor < 0
    ? `Noted: ${formatMoney(-minor, currency)} back${purpose}.`
    : `Noted: ${formatMoney(minor, currency)}${purpose}.`;
}

export interface ListWish {
  /** Empty: for any purpose. */
  readonly about: string;
  /** Nothing was left out: the sum includes entries too old to be listed. */
  readonly isAll: boolean;
  isWanted(day: string): boolean;
}

export function sayList(accounts: readonly Account[], wish: ListWish): string[] {
  const words = wish.about.toLowerCase().split(/\s+/).filter(Boolean);
  const lists = accounts.flatMap((account) => {
    const entries = account.entries.filter(
      ({ day, what }) => wish.isWanted(day) && words.every((word) => what.toLowerCase().includes(word)),
    );
    if (entries.length === 0 && !(wish.isAll && account.earlier !== 0)) return [];
    const sum = wish.isAll ? spentOf(account) : entries.reduce((total, { minor }) => total + minor, 0);
    const shown = entries.slice(-MAX_LISTED).map(({ minor, what, day }) => {
      const amount = formatMoney(minor, account.currency);
      return `- ${sayDay(day)}: ${amount}${what === '' ? '' : ` for ${what}`}`;
    });
    const hidden = entries.length - shown.length;
    return [
      ...(hidden > 0 ? [`- ${hidden} earlier`] : []),
      ...shown,
      '',
      `In all **${formatMoney(sum, account.currency)}**.`,
    ];
  });
  return lists.length > 0
    ? lists
    : [`I have noted no expenses${words.length > 0 ? ` for ${wish.about}` : ''} there.`];
}
