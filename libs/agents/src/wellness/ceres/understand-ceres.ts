import { asksForHelp, isNotSo, isQuestion } from '../../language/clauses.ts';
import { type Call, say } from '../../rules/action.ts';
import { asksForGoal, asksToForgetGoal, goalSetIn } from '../goal.ts';
import {
  forgetDiet,
  forgetGoal,
  logMeal,
  logWater,
  makePlan,
  setDiet,
  setGoal,
  startOver,
  suggestMeal,
  tellDiet,
  tellGoal,
  tellWeek,
  undoLast,
} from './ceres-actions.ts';
import { dietIn } from './diet-in.ts';
import { eatenIn, mealIn } from './eaten-in.ts';
import type { Nutrition } from './nutrition.ts';
import { waterIn } from './water.ts';

export const CERES_HELP =
  'I am Ceres, and I care for what you eat and drink 🥗 Tell me *I had oatmeal and a banana for breakfast*, *I drank 2 glasses of water*, ' +
  '*I am vegetarian* or *My goal is to drink 2 l of water a day*; ask me *What should I eat for dinner?*, *How did I eat this week?* or ' +
  '*Make me a meal plan*. *Undo* takes the last meal back.';

const ILL = /\b(?:diabet\w*|pregnan\w*|anorexi\w*|bulimi\w*|eating disorder|kidney|medication)\b/i;
const CALORIES = /\b(?:calories?|kcal|kilojoules?|kalorien|carbs|macros)\b/i;
const WISH =
  /\b(?:i|we) (?:really )?(?:want|wish|would like|plan|intend|hope|aim|have decided) to\b|\bi'd (?:like|love) to\b/i;
const AIM =
  /\b(?:more|less|fewer|no|healthier|healthy|better|lose|gain|stop|every day|each day|a day|daily|weight|\d)\b/i;
const FOOD =
  /\b(?:eat\w*|ate|meals?|foods?|cook\w*|breakfast|lunch|dinner|supper|snacks?|hungry|recipes?|dish\w*|diet|nutrition|drink|essen|frühstück|mittagessen|abendessen|kochen|hunger)\b/i;
const ASKS_DISH =
  /\b(?:what|which|suggest\w*|recommend\w*|ideas?|recipes?|hungry|something|healthy|was soll|hunger)\b/i;
const WEEK = /\b(?:summary|summarize|overview|week|log|meals)\b/i;
const ATE = /\b(?:did|have) i\b.*\b(?:eat|eaten|have|had|drink|drunk)\b/i;

/** Interprets a clause as calls on eating and drinking; undefined when no rule fits it. */
export function understandCeres(clause: string): readonly Call<Nutrition>[] | undefined {
  if (asksForHelp(clause)) return [say(CERES_HELP)];
  const goal = goalSetIn(clause);
  if (goal !== undefined) return [setGoal.call({ goal })];
  if (asksToForgetGoal(clause)) return [forgetGoal.call({})];
  if (asksForGoal(clause)) return [tellGoal.call({})];
  if (ILL.test(clause))
    return [say('Please talk to a doctor or a dietitian about that: my rules are no medical advice.')];
  if (CALORIES.test(clause))
    return [say('I count no calories: I know meals by their names only and would have to guess.')];
  if (
    /^(?:please )?(?:undo|take (?:it|that) back|that was wrong|(?:remove|delete) (?:that|it|the last))\b/i.test(
      clause,
    )
  )
    return [undoLast.call({})];
  if (
    /^(?:please )?(?:start over|(?:reset|clear|forget|delete|erase)\b.*\b(?:log|meals?|everything|all))/i.test(
      clause,
    )
  )
    return [startOver.call({})];
  return understandDiet(clause) ?? understandQuestion(clause) ?? understandEaten(clause);
}

function understandDiet(clause: string): readonly Call<Nutrition>[] | undefined {
  if (
    /\b(?:i (?:can )?eat (?:everything|anything|meat again)|no longer (?:a |an )?(?:vegan|vegetarian|allergic)|not (?:a )?(?:vegan|vegetarian) any ?more|forget my diet)\b/i.test(
      clause,
    )
  ) {
    return [forgetDiet.call({})];
  }
  if (/\bwhat\b.*\b(?:diet|do i (?:avoid|not eat)|don't i eat|allerg\w*)\b/i.test(clause))
    return [tellDiet.call({})];
  const diet = isQuestion(clause) ? undefined : dietIn(clause);
  return diet === undefined ? undefined : [setDiet.call(diet)];
}

function understandQuestion(clause: string): readonly Call<Nutrition>[] | undefined {
  if (WISH.test(clause)) {
    const aim = clause
      .replace(/^.*?\b(?:want|wish|like|love|plan|intend|hope|aim|decided)\b\s+(?:to\s+)?/i, '')
      .replace(/[\s.!?]+$/, '');
    const isAim =
      aim !== '' &&
      AIM.test(aim) &&
      (FOOD.test(aim) || waterIn(aim) !== undefined || /\bweight\b/i.test(aim));
    if (isAim) return [setGoal.call({ goal: aim.slice(0, 200) })];
    return FOOD.test(clause) ? [suggestMeal.call({ meal: mealIn(clause) })] : undefined;
  }
  if (/\bplan\b|\bessensplan\b/i.test(clause)) return [makePlan.call({})];
  if (ATE.test(clause) || (WEEK.test(clause) && /\b(?:how|show|my|summar\w*|overview)\b/i.test(clause)))
    return [tellWeek.call({})];
  const isAsking =
    isQuestion(clause) || /^(?:suggest|recommend|give|i am|i'm|any|ich habe hunger)\b/i.test(clause);
  if (isAsking && FOOD.test(clause) && ASKS_DISH.test(clause))
    return [suggestMeal.call({ meal: mealIn(clause) })];
  return undefined;
}

function understandEaten(clause: string): readonly Call<Nutrition>[] | undefined {
  if (
    isQuestion(clause) ||
    isNotSo(clause) ||
    /\b(?:tomorrow|will|going to|later|no|nothing|skipped)\b|'ll\b/i.test(clause)
  )
    return undefined;
  const when = clause.slice(0, 4000);
  const millilitres = /\b(?:drank|drunk|had|getrunken)\b/i.test(clause) ? waterIn(clause) : undefined;
  if (millilitres !== undefined) {
    if (millilitres > 20_000) return [say('That is more than anybody can drink; I have noted nothing.')];
    return [logWater.call({ millilitres, when })];
  }
  const eaten = eatenIn(clause);
  return eaten === undefined ? undefined : [logMeal.call({ ...eaten, when })];
}
