import { z } from 'zod';
import { Day } from '../../language/day.ts';

const HalfDays = z.number().int();

/** Leave taken, or given back where it is negative. */
const Entry = z.object({ halfDays: HalfDays, when: z.string().max(60), day: Day });
type Entry = z.infer<typeof Entry>;

/** What HR remembers about a person's leave, in half days. */
export const LeaveAccount = z.object({
  /** Null: not told. */
  allowance: HalfDays.nullable(),
  /** Oldest first. */
  entries: z.array(Entry),
  /** Sum of the entries that are too old to be kept one by one. */
  earlier: HalfDays,
  /** The days that the last message removed. */
  removed: HalfDays.nullable(),
});
export type LeaveAccount = z.infer<typeof LeaveAccount>;

export const EMPTY_LEAVE: LeaveAccount = { allowance: null, entries: [], earlier: 0, removed: null };

const KEPT_ENTRIES = 200;

export function takenOf({ entries, earlier }: LeaveAccount): number {
  return entries.reduce((sum, { halfDays }) => sum + halfDays, earlier);
}

/** Null: the allowance was not told. Negative: more was taken than there is. */
export function leftOf(account: LeaveAccount): number | null {
  return account.allowance === null ? null : account.allowance - takenOf(account);
}

export function addLeave(account: LeaveAccount, entry: Entry): LeaveAccount {
  const entries = [...account.entries, entry];
  const dropped = entries.slice(0, -KEPT_ENTRIES);
  return {
    ...account,
    entries: entries.slice(-KEPT_ENTRIES),
    earlier: dropped.reduce((sum, { halfDays }) => sum + halfDays, account.earlier),
    removed: null,
  };
}

/** Takes back the latest entry, or all that are for this time (`July`). */
export function removeLeave(account: LeaveAccount, when: string): LeaveAccount {
  const isMeant = ({ when: said }: Entry): boolean => said.toLowerCase().includes(when.toLowerCase());
  const meant = when === '' ? account.entries.slice(-1) : account.entries.filter(isMeant);
  if (meant.length === 0) return { ...account, removed: null };
  return {
    ...account,
    entries: account.entries.filter((entry) => !meant.includes(entry)),
    removed: meant.reduce((sum, { halfDays }) => sum + halfDays, 0),
  };
}
