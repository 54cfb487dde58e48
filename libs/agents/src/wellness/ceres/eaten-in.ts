import type { Meal } from './dishes.ts';
import { groupsIn } from './food-groups.ts';

const MEAL_WORDS: readonly (readonly [meal: Meal, words: RegExp])[] = [
  ['breakfast', /\b(?:breakfast|brunch|frühstück)\b/i],
  ['lunch', /\b(?:lunch|mittagessen|mittags?)\b/i],
  ['dinner', /\b(?:dinner|supper|abendessen|abendbrot)\b/i],
  ['snack', /\b(?:snacks?|snacked|zwischendurch)\b/i],
];

/** The meal that a text names; empty: none. */
export function mealIn(text: string): Meal | '' {
  return MEAL_WORDS.find(([, words]) => words.test(text))?.[0] ?? '';
}

const NAME = '(?:breakfast|brunch|lunch|dinner|supper|(?:a |my )?snack|frühstück|mittagessen|abendessen)';
const BEFORE = new RegExp(
  String.raw`^(?:for|at|zum|today for)\s+${NAME}\W+(?:i|we|ich)?\s*(?:have |just )?(?:had|ate|eaten|hatte|aß)(?: ich)?\s+(.+)$`,
  'i',
);
const WAS = new RegExp(
  String.raw`^(?:my |today's |log |the )?${NAME}\s*(?:was|were|:|=|today was)\s*(.+)$`,
  'i',
);
const ATE = /\b(?:ate|eaten|gegessen|snacked on)\s+(.+)$/i;
/** German puts the verb at the end. */
const GERMAN = /\bhabe(?: ich)?\s+(.+?)\s+gegessen\b/i;
const HAD = /\b(?:had|drank|drunk|log|logged|hatte)\s+(.+)$/i;
const BEHIND = new RegExp(String.raw`\s+(?:for|at|as|zum)\s+${NAME}.*$`, 'i');
const GERMAN_MEAL = new RegExp(String.raw`\bzum\s+${NAME}\b`, 'i');
const WHEN =
  /\s*\b(?:yesterday|today|tonight|just now|this (?:morning|noon|evening|afternoon)|last night|(?:on|last) \w+day|\w+ days ago|at \d.*|gestern|heute)\b/gi;

/** The food that a clause says was eaten; undefined: nothing that is surely food. */
export function eatenIn(clause: string): { meal: Meal | ''; foods: string[] } | undefined {
  const ofMeal = (BEFORE.exec(clause) ?? WAS.exec(clause))?.[1];
  const ate = GERMAN.exec(clause)?.[1]?.replace(GERMAN_MEAL, ' ').trim() ?? ATE.exec(clause)?.[1];
  const told = ofMeal ?? ate ?? HAD.exec(clause)?.[1];
  if (told === undefined) return undefined;
  const meal = mealIn(clause);
  const foods = foodsIn(told.replace(BEHIND, '').replace(WHEN, ' '));
  const isFood =
    ofMeal !== undefined ||
    ate !== undefined ||
    meal !== '' ||
    foods.some((food) => groupsIn(food).length > 0);
  return isFood && foods.length > 0 ? { meal, foods } : undefined;
}

function foodsIn(text: string): string[] {
  return text
    .split(/,|;|\s&\s|\s\+\s|\b(?:and|with|plus|und|mit)\b/i)
    .map((food) =>
      food
        .replace(/[^\p{L}\p{N}\s%'-]/gu, '')
        .trim()
        .replace(/^(?:a|an|the|some|my|of|ein|eine|einen)\s+/i, '')
        .replace(/\s+/g, ' ')
        .slice(0, 60),
    )
    .filter((food) => /\p{L}/u.test(food))
    .slice(0, 15);
}
