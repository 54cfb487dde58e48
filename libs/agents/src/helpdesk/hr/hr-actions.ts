import { z } from 'zod';
import { dayOf } from '../../language/day.ts';
import { sayDays } from '../../language/day-count.ts';
import { type AnyAction, defineAction } from '../../rules/action.ts';
import { addLeave, EMPTY_LEAVE, type LeaveAccount, leftOf, removeLeave, takenOf } from './leave-account.ts';

const Days = z.number().positive().max(1000).multipleOf(0.5).describe('Working days; halves are allowed');
const When = z
  .string()
  .trim()
  .max(60)
  .default('')
  .describe('When, as the person said it: "July", "on Friday"; may be empty');

export const setAllowance = defineAction<LeaveAccount, { days: number }>({
  name: 'set_leave_allowance',
  description: "Sets or replaces the person's days of leave in a year. What was taken stays.",
  input: z.object({ days: Days }),
  call: ({ days }) => ({
    change: (account) => ({ ...account, allowance: days * 2, removed: null }),
    tell: (account) => ['Noted.', sayLeft(account)],
  }),
});

export const setRemaining = defineAction<LeaveAccount, { days: number }>({
  name: 'set_remaining_leave',
  description: 'Sets the allowance so that these days are left of it now.',
  input: z.object({ days: Days }),
  call: ({ days }) => ({
    change: (account) => ({ ...account, allowance: days * 2 + takenOf(account), removed: null }),
    tell: (account) => ['Noted.', sayLeft(account)],
  }),
});

export const addAllowance = defineAction<LeaveAccount, { days: number }>({
  name: 'add_leave_allowance',
  description: 'Adds days to the allowance, e.g. carried over from last year.',
  input: z.object({ days: Days }),
  call: ({ days }) => ({
    change: (account) => ({ ...account, allowance: (account.allowance ?? 0) + days * 2, removed: null }),
    tell: (account) => [`Noted: ${sayDays(days * 2)} more.`, sayLeft(account)],
  }),
});

export const takeLeave = defineAction<LeaveAccount, { days: number; when: string }>({
  name: 'take_leave',
  description: 'Notes leave that the person takes or has taken. Not for sick days.',
  input: z.object({ days: Days, when: When }),
  call: ({ days, when }) => ({
    change: (account, at) => addLeave(account, { halfDays: days * 2, when, day: dayOf(at) }),
    tell: (account) => [`Noted: ${sayDays(days * 2)} off${when === '' ? '' : ` ${when}`}.`, sayLeft(account)],
  }),
});

export const giveBack = defineAction<LeaveAccount, { days: number; when: string }>({
  name: 'give_back_leave',
  description: 'Notes that days of leave were given back or not taken after all.',
  input: z.object({ days: Days, when: When }),
  call: ({ days, when }) => ({
    change: (account, at) => addLeave(account, { halfDays: -days * 2, when, day: dayOf(at) }),
    tell: (account) => [`Noted: ${sayDays(days * 2)} given back.`, sayLeft(account)],
  }),
});

export const cancelLeave = defineAction<LeaveAccount, { when: string }>({
  name: 'cancel_leave',
  description: 'Takes back the leave noted for a time ("July"), or the latest one when the time is empty.',
  input: z.object({ when: When }),
  call: ({ when }) => ({
    change: (account) => removeLeave(account, when),
    tell: (account) =>
      account.removed === null
        ? [`I have noted no leave${when === '' ? '' : ` for ${when}`} that could be taken back.`]
        : [`Taken back: ${sayDays(account.removed)}.`, sayLeft(account)],
  }),
});

export const checkLeave = defineAction<LeaveAccount, { days: number }>({
  name: 'check_leave',
  description: 'Whether there are days enough, and what would be left. Notes nothing.',
  input: z.object({ days: Days }),
  call: ({ days }) => ({
    tell: (account) => {
      const left = leftOf(account);
      if (left === null) return [UNKNOWN];
      const after = left - days * 2;
      const taken = `If you take ${sayDays(days * 2)} (I have noted nothing yet)`;
      if (after < 0) return [`${taken}, that is **${sayDays(-after)} more** than you have left.`];
      return [`${taken}, **${after === 0 ? 'nothing' : sayDays(after)}** will be left.`];
    },
  }),
});

export const tellLeave = defineAction<LeaveAccount, Record<string, never>>({
  name: 'tell_leave',
  description: 'The allowance, what was taken, and what is left.',
  input: z.object({}),
  call: () => ({
    tell: (account) => {
      const listed = account.entries.filter(({ halfDays }) => halfDays > 0).slice(-10);
      const lines = listed.map(
        ({ halfDays, when }) => `- ${sayDays(halfDays)}${when === '' ? '' : ` ${when}`}`,
      );
      return [sayLeft(account), ...(lines.length > 0 ? ['', 'Taken:', ...lines] : [])];
    },
  }),
});

export const startOver = defineAction<LeaveAccount, Record<string, never>>({
  name: 'start_over',
  description:
    'Forgets allowance and leave, as at the beginning of a year. Only when the person asks for it.',
  input: z.object({}),
  call: () => ({
    change: () => EMPTY_LEAVE,
    tell: () => ['Your leave is cleared. How many days do you have?'],
  }),
});

export const HR_ACTIONS: readonly AnyAction<LeaveAccount>[] = [
  setAllowance,
  setRemaining,
  addAllowance,
  takeLeave,
  giveBack,
  cancelLeave,
  checkLeave,
  tellLeave,
  startOver,
];

const UNKNOWN =
  'I do not know how many days of leave you have. Tell me, for example: *I have 30 days of leave*.';

function sayLeft(account: LeaveAccount): string {
  const left = leftOf(account);
  const taken = takenOf(account);
  if (account.allowance === null || left === null) {
    return taken > 0 ? `That makes ${sayDays(taken)} taken. ${UNKNOWN}` : UNKNOWN;
  }
  const whole = sayDays(account.allowance);
  if (left < 0)
    return `That is **${sayDays(-left)} more** than your ${whole} of leave; please talk to your manager.`;
  if (left === 0) return `Your ${whole} of leave are used up: **nothing** is left.`;
  if (taken === 0) return `You have **${whole}** of leave, all of it is left.`;
  return `You have **${sayDays(left)}** of your ${whole} of leave left.`;
}
