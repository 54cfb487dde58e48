import type { Diet } from './nutrition.ts';

const DIETS: readonly (readonly [diet: Diet, words: RegExp])[] = [
  ['vegan', /\b(?:i am|i'm|i eat|i've become|i became|ich bin|live)\b.*\bvegan(?:er|erin)?\b/i],
  [
    'vegetarian',
    /\b(?:i am|i'm|i eat|i've become|i became|ich bin|live)\b.*\b(?:vegetarian|vegetarier(?:in)?)\b|\b(?:don't|do not|never) eat (?:any )?meat\b/i,
  ],
  ['pescatarian', /\b(?:i am|i'm|i eat)\b.*\bpescatarian\b/i],
  ['gluten-free', /\bgluten[- ]free\b|\bc(?:o?e)liac\b|\bgluten[- ]intoleran/i],
  ['lactose-free', /\blactose[- ](?:free|intoleran\w*)\b|\bdairy[- ]free\b/i],
];

const AVOIDED =
  /\b(?:allergic (?:to|against)|allergy (?:to|against)|intolerant (?:to|of)|(?:don't|dont|do not|cannot|can't|never) (?:eat|like|tolerate)|avoid|hate)\s+(.+)$/i;

/** Diets and foods to be left out that a clause tells; undefined: it tells none. */
export function dietIn(clause: string): { diets: Diet[]; avoided: string[] } | undefined {
  const diets = DIETS.flatMap(([diet, words]) => (words.test(clause) ? [diet] : []));
  const told = AVOIDED.exec(clause)?.[1] ?? '';
  const avoided = told
    .split(/,|\band\b|\bor\b|\bnor\b|&/i)
    .map((food) =>
      food
        .replace(/\b(?:any|the|all|at all|anymore|to eat|eating)\b/gi, '')
        .replace(/[^\p{L}\s-]/gu, '')
        .replace(/\s+/g, ' ')
        .trim()
        .toLowerCase(),
    )
    .filter(
      (food) =>
        food !== '' &&
        food.split(' ').length <= 2 &&
        !/^(?:much|it|that|this|lunch|breakfast|dinner)$/.test(food),
    )
    .filter((food) => !(food === 'meat' && diets.includes('vegetarian')))
    .map((food) => food.slice(0, 40))
    .slice(0, 10);
  return diets.length === 0 && avoided.length === 0 ? undefined : { diets, avoided };
}
