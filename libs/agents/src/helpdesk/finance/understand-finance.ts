import { asksForHelp, isNotSo, isQuestion } from '../../language/clauses.ts';
import { type FoundMoney, findMoney } from '../../language/money.ts';
import { type Call, say } from '../../rules/action.ts';
import {
  checkAffordable,
  listExpenses,
  raiseBudget,
  recordExpense,
  recordRefund,
  setBudget,
  setRemaining,
  startOver,
  tellBudget,
  undoLast,
} from './finance-actions.ts';
import type { Ledger } from './ledger.ts';

export const FINANCE_HELP =
  'I keep your budget and answer from the handbook. Tell me *My budget is 1,500 €*, *I spent 300 € on a laptop bag* or ' +
  '*I got 20 € back for the bag*; ask me *What is left of my budget?*, *Can I afford 400 €?*, *What did I spend this week?* or ' +
  'something like *How do I hand in travel expenses?* *Undo* takes the last entry back, END leaves me.';

const REFUND =
  /\b(?:refund\w*|reimbursed|money back|got\b.*\bback|(?:sent|gave|paid|given|get|getting)\b.*\bback|returned|zurück\w*|erstattet)/i;
const SPENT =
  /\b(?:spent|paid|bought|purchased|cost|expensed?|expenses?|ordered|ausgegeben|bezahlt|gekauft|gekostet)\b/i;
const SPEND = /\b(?:spend|pay|buy|spending|paying|buying)\b/i;
const PLAN =
  /\b(?:want|wants|like|plan|planning|going|will|'ll|shall|should|need|have) to\b|\bwould|\bwill\b|\bthinking\b/i;
/** Money that came to or went from the person without being an expense or a refund, or does so again and again. */
const UNCLEAR =
  /\b(?:was|were|got|get|been) paid\b|\bpaid me\b|\b(?:received|earned|earn|income|salary)\b|\bi(?:'ve| have)? (?:paid|gave|given|sent)\b.*\bback\b|\b(?:every|each|per|a) (?:day|week|month|year)\b|\b(?:usually|always|often|monthly|weekly|daily)\b/i;
const LEFT = /\b(?:left|remaining|remains?|übrig)\b/i;
const BUDGET = /\bbudgets?\b/i;
const RAISE = /\b(?:raise|increase|top up|extend|add|added|raised|increased|extra|more|erhöhe)\b/i;
const CUT = /\b(?:cut|reduce|lower|decrease|reduced|lowered|less|kürze)\b/i;

const WHAT_IS_IT =
  'Is that your budget, or did you spend it? Say *My budget is …* or *I spent … on …*, and I note it.';

/** Interprets a clause as calls on the budget; undefined when no rule fits it. */
export function understandFinance(clause: string): readonly Call<Ledger>[] | undefined {
  const money = findMoney(clause);
  if (money.some(({ isNegative }) => isNegative)) {
    return [
      say('Amounts are more than 0; for money that came back say *I got 50 € back*. I have noted nothing.'),
    ];
  }
  const [first] = money;
  return first === undefined ? understandWish(clause) : understandAmounts(clause, [first, ...money.slice(1)]);
}

function understandAmounts(
  clause: string,
  money: readonly [FoundMoney, ...FoundMoney[]],
): readonly Call<Ledger>[] | undefined {
  const [first] = money;
  const { amount, currency } = first;
  if (isQuestion(clause)) {
    const isAffordable = /\b(?:afford|buy|spend|enough|within|pay|leisten)\b/i.test(clause);
    return isAffordable ? [checkAffordable.call({ amount, currency })] : undefined;
  }
  if (isNotSo(clause)) return undefined;
  if (UNCLEAR.test(clause) && !BUDGET.test(clause)) return [say(WHAT_IS_IT)];
  if (REFUND.test(clause)) return entriesOf(clause, money, recordRefund.call);
  if (money.length === 1 && LEFT.test(clause) && !SPENT.test(clause))
    return [setRemaining.call({ amount, currency })];
  const isBudget = BUDGET.test(clause);
  const hasToSpend = /\b(?:have|got|get|haben?)\b.*\b(?:to spend|available|zur verfügung)\b/i.test(clause);
  if (money.length === 1 && ((isBudget && !SPENT.test(clause)) || hasToSpend)) {
    const isBy = /\bby\b|\bum\b/i.test(clause) || /\badd(?:ed)?\b/i.test(clause);
    if (isBudget && isBy && CUT.test(clause)) return [raiseBudget.call({ amount, currency, isCut: true })];
    if (isBudget && isBy && RAISE.test(clause)) return [raiseBudget.call({ amount, currency, isCut: false })];
    return [setBudget.call({ amount, currency })];
  }
  if (SPENT.test(clause)) return entriesOf(clause, money, recordExpense.call);
  if (SPEND.test(clause) && PLAN.test(clause)) return [checkAffordable.call({ amount, currency })];
  if (SPEND.test(clause)) return entriesOf(clause, money, recordExpense.call);
  return [say(WHAT_IS_IT)];
}

/** One entry for each amount, with the purpose behind it: `300 on a bag and 20 on lunch`. */
function entriesOf(
  clause: string,
  money: readonly FoundMoney[],
  call: typeof recordExpense.call,
): readonly Call<Ledger>[] {
  const spent = money.filter(({ end }) => !/^\s?budget\b/i.test(clause.slice(end)));
  return spent.map(({ amount, currency, end }, index) => {
    const upTo = spent[index + 1]?.start ?? clause.length;
    const what = purposeOf(clause.slice(0, spent[0]?.start), clause.slice(end, upTo), index === 0);
    return call({ amount, currency, what, when: clause });
  });
}

function understandWish(clause: string): readonly Call<Ledger>[] | undefined {
  if (asksForHelp(clause)) return [say(FINANCE_HELP)];
  if (
    /^(?:please )?(?:undo|take (?:it|that) back|that was wrong|(?:remove|delete|cancel) (?:that|it|the last))\b/i.test(
      clause,
    )
  ) {
    return [undoLast.call({})];
  }
  if (
    /^(?:please )?(?:start over|(?:reset|clear|forget|delete|erase)\b.*\b(?:budget|expenses|everything|all))/i.test(
      clause,
    )
  ) {
    return [startOver.call({})];
  }
  const listed =
    /\b(?:did|have|has) (?:i|we) (?:already )?(?:spend|spent|buy|bought|pay|paid)\b(.*)|\b(?:my|our) (?:expenses|spending|purchases)\b(.*)|^(?:list|show)(?: me)?(?: all)?(?: the)? (?:expenses|spending)(.*)|\bhabe ich ausgegeben(.*)/i.exec(
      clause,
    );
  if (listed !== null && !/^how (?:do|can|should)\b/i.test(clause)) {
    const rest = listed.slice(1).find((group) => group !== undefined) ?? '';
    return [listExpenses.call({ about: aboutOf(rest), period: periodOf(rest) })];
  }
  const isLeft = /\b(?:left|remains?|remaining|balance|over budget|übrig)\b/i.test(clause);
  if (isLeft && /\b(?:budget|money|much|what|my|i|balance)\b/i.test(clause)) return [tellBudget.call({})];
  if (/\b(?:my|our|mein) budget\b|^(?:the )?budget\W*$/i.test(clause) && !/^how (?:do|can)\b/i.test(clause))
    return [tellBudget.call({})];
  return undefined;
}

function periodOf(text: string): 'all' | 'today' | 'week' | 'month' {
  if (/\btoday\b/i.test(text)) return 'today';
  if (/\bweek\b/i.test(text)) return 'week';
  return /\bmonth\b/i.test(text) ? 'month' : 'all';
}

function aboutOf(text: string): string {
  const about = /\b(?:on|for|für)\s+(?:the |a |an |my )?(.+)$/i.exec(text)?.[1] ?? '';
  return about
    .replace(/\b(?:today|(?:this|last|the) (?:week|month)|so far|yet)\b/gi, '')
    .replace(/[?!.]/g, '')
    .trim()
    .slice(0, 80);
}

/** The purpose of an amount: `on a laptop bag` behind it, or the thing named before it, as in `The bag cost 300 €`. */
function purposeOf(before: string, behind: string, isFirst: boolean): string {
  const named = /^\W*(?:back )?(?:on|for|in|at|für|from)\s+(.+)$/i.exec(behind)?.[1];
  if (named !== undefined) return tidy(named);
  if (!isFirst) return '';
  const bought = /\b(?:bought|purchased|ordered|gekauft|returned)\s+(.+?)\s+(?:for|at|um|für)\s*$/i.exec(
    before,
  )?.[1];
  if (bought !== undefined) return tidy(bought);
  const cost = /^(.+?)\s+(?:cost|costs|was|kostete)(?: me| us)?\s*$/i.exec(before.trim())?.[1];
  return cost === undefined || /^(?:it|that|this|which)$/i.test(cost) ? '' : tidy(cost);
}

function tidy(text: string): string {
  return text
    .replace(/\b(?:yesterday|today|last night|this (?:morning|week)|(?:on|last) \w+day|\w+ days ago)\b/gi, '')
    .replace(/[,;]?\s*(?:and|und|plus)\s*$/i, '')
    .replace(/^(?:a|an|the|my|our|some|ein|eine|einen)\s+/i, (article) =>
      /^(?:the|my|our)/i.test(article) ? 'the ' : article.toLowerCase(),
    )
    .replace(/[\s.,;!]+$/, '')
    .trim()
    .slice(0, 80);
}
