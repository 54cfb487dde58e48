import { asksForHelp, isNotSo, isQuestion } from '../../language/clauses.ts';
import { type DayCount, findDayCounts, sayDays } from '../../language/day-count.ts';
import { type Call, say } from '../../rules/action.ts';
import {
  addAllowance,
  cancelLeave,
  checkLeave,
  giveBack,
  setAllowance,
  setRemaining,
  startOver,
  takeLeave,
  tellLeave,
} from './hr-actions.ts';
import type { LeaveAccount } from './leave-account.ts';

export const HR_HELP =
  'I keep your leave days and answer from the handbook. Tell me *I have 30 days of leave*, *I take 5 days off in July* or ' +
  '*I give back half a day*; ask me *How many leave days do I have left?*, *Can I take 3 days off?* or something like ' +
  '*What do I do when I am sick?* *Undo* takes the last entry back, END leaves me.';

const LEAVE = /\b(?:leave|vacations?|holidays?|days? off|weeks? off|time off|pto|annual|urlaub\w*|frei)\b/i;
const ILL =
  /\b(?:sick|ill|illness|sickness|krank\w*|parental|maternity|paternity|training|notice|probation|from home|home office|remote\w*)\b/i;
const TAKE =
  /\b(?:take|takes|took|taking|taken|book|booked|request|use|used|off|nehme|nahm|genommen|away)\b|\b(?:need|want|would like|like)\b.*\boff\b/i;
const ENTITLED = /\b(?:have|has|get|got|entitled|allowance|receive|given|contract|habe|bekomme|is|are)\b/i;
const MORE = /\b(?:more|extra|additional|another|carr(?:y|ied) over|weitere|zusätzlich\w*)\b/i;
const BACK =
  /\b(?:give|gave|giving|given|put|get|got)\b.*\bback\b|\b(?:cancel\w*|return(?:ed)?|storniere\w*)\b/i;
const A_YEAR = /\b(?:a|per|each|every|this|pro) year\b|\bim jahr\b|\bannual\w*\b|\b20\d\d\b/i;
const LEFT = /\b(?:left|remaining|übrig)\b/i;
const MONTHS = 'january|february|march|april|may|june|july|august|september|october|november|december';
const WHEN = new RegExp(
  String.raw`\b((?:in|on|at|around|over|from|between|next|this|until|before|after|im|am)\s+.*(?:${MONTHS}|day|week|month|year|summer|winter|spring|autumn|christmas|easter|morning|afternoon|\d).*|(?:tomorrow|today|yesterday|next week|morgen).*)$`,
  'i',
);
const MONTH = new RegExp(String.raw`\b(${MONTHS})\b`, 'i');

/** Interprets a clause as calls on the leave account; undefined when no rule fits it. */
export function understandHr(clause: string): readonly Call<LeaveAccount>[] | undefined {
  // A day of illness is no leave: the handbook answers.
  if (ILL.test(clause) && !/\bleft\b/i.test(clause)) return undefined;
  const [count, second] = findDayCounts(clause);
  if (count === undefined) return understandWish(clause);
  if (count.isUneven) return [say('I count leave in half days; I have noted nothing.')];
  if (isQuestion(clause)) {
    const isCheck =
      /^(?:can|could|may|do i have|have i|kann|darf)\b/i.test(clause) && /\b(?:i|ich)\b/i.test(clause);
    return isCheck && (TAKE.test(clause) || LEAVE.test(clause))
      ? withWeeks(count, checkLeave.call(daysOf(count)))
      : undefined;
  }
  if (BACK.test(clause))
    return withWeeks(count, giveBack.call({ ...daysOf(count), when: whenOf(clause, count) }));
  if (isNotSo(clause) && !/\bwould like\b/i.test(clause)) return undefined;
  const isAllowance =
    /\ballowance\b|\bentitled\b|\bof (?:\w+ )?(?:leave|vacation|holidays?)\b|\bi (?:\w+ )?have\b|\bhabe\b/i.test(
      clause,
    );
  if (LEAVE.test(clause) && LEFT.test(clause)) return withWeeks(count, setRemaining.call(daysOf(count)));
  // `I have 5 days off in July` are taken, `I have 25 days off a year` are not.
  const isAtSomeTime = whenOf(clause, count) !== '' && !A_YEAR.test(clause);
  const isTaken =
    TAKE.test(clause) &&
    (!isAllowance || isAtSomeTime || /\b(?:took|taken|take|taking|book\w*|used?)\b/i.test(clause));
  if (isTaken && (LEAVE.test(clause) || /^(?:i|we|please|ich|book|take)\b/i.test(clause))) {
    const both = second === undefined || second.isUneven ? [count] : [count, second];
    return both.flatMap((each) =>
      withWeeks(each, takeLeave.call({ ...daysOf(each), when: whenOf(clause, each) })),
    );
  }
  if (MORE.test(clause) && (LEAVE.test(clause) || ENTITLED.test(clause)))
    return withWeeks(count, addAllowance.call(daysOf(count)));
  if (LEAVE.test(clause) && ENTITLED.test(clause)) return withWeeks(count, setAllowance.call(daysOf(count)));
  return undefined;
}

function understandWish(clause: string): readonly Call<LeaveAccount>[] | undefined {
  if (asksForHelp(clause)) return [say(HR_HELP)];
  if (
    /^(?:please )?(?:undo|take (?:it|that) back|that was wrong|(?:remove|delete) (?:that|it|the last))\b/i.test(
      clause,
    )
  ) {
    return [cancelLeave.call({ when: '' })];
  }
  if (
    /^(?:please )?(?:start over|(?:reset|clear|forget|delete|erase)\b.*\b(?:leave|days|everything|all))/i.test(
      clause,
    )
  ) {
    return [startOver.call({})];
  }
  if (!LEAVE.test(clause) && !/\b(?:days|off)\b/i.test(clause)) return undefined;
  if (BACK.test(clause) && !isQuestion(clause) && /\bmy\b/i.test(clause)) {
    return [cancelLeave.call({ when: MONTH.exec(clause)?.[1] ?? '' })];
  }
  const isMine = /\b(?:i|i've|my|me|ich|mir|mein\w*)\b/i.test(clause);
  const asksForRest =
    /\b(?:left|remain\w*|balance|übrig|have i taken|did i take|do i (?:still )?have|have i got|habe ich)\b/i.test(
      clause,
    ) ||
    /^(?:what is |what's |show |tell me )?(?:me )?my (?:leave|vacation|holiday)s?(?: account| balance| days)?\W*$/i.test(
      clause,
    );
  if (isMine && asksForRest) return [tellLeave.call({})];
  if (!isQuestion(clause) && isMine && TAKE.test(clause)) {
    return [
      say(
        'How many working days is that? Say for example *I take 5 days off in July*; I have noted nothing yet.',
      ),
    ];
  }
  return undefined;
}

function daysOf({ halfDays }: DayCount): { days: number } {
  return { days: halfDays / 2 };
}

function withWeeks({ isWeeks, halfDays }: DayCount, call: Call<LeaveAccount>): readonly Call<LeaveAccount>[] {
  return isWeeks ? [say(`I count five working days a week, so ${sayDays(halfDays)}.`), call] : [call];
}

/** `in July` behind the days, as it was said. */
function whenOf(clause: string, { end }: DayCount): string {
  const behind = clause.slice(end).replace(/\s*\b(?:and|und) (?:half|a|one|two|\d).*$/i, '');
  return (WHEN.exec(behind)?.[1] ?? '').replace(/[\s.,!]+$/, '').slice(0, 60);
}
