import { addDays, dayOf, sayDay } from '../../language/day.ts';
import { type Contains, DISHES, type Dish, type Meal } from './dishes.ts';
import type { Diet, Nutrition } from './nutrition.ts';

const NOT_FOR: Readonly<Record<Diet, readonly Contains[]>> = {
  vegetarian: ['meat', 'fish'],
  vegan: ['meat', 'fish', 'dairy', 'egg', 'honey'],
  pescatarian: ['meat'],
  'gluten-free': ['gluten'],
  'lactose-free': ['dairy'],
};

const AVOIDED_AS: readonly (readonly [words: RegExp, contains: Contains])[] = [
  [/\b(?:nuts?|peanuts?|almonds?|walnuts?|hazelnuts?)\b/i, 'nuts'],
  [/\b(?:milk|dairy|lactose|cheese|yogh?urt|cream|butter)\b/i, 'dairy'],
  [/\beggs?\b/i, 'egg'],
  [/\b(?:fish|seafood|salmon|tuna)\b/i, 'fish'],
  [/\b(?:meat|beef|pork|chicken|poultry|turkey)\b/i, 'meat'],
  [/\b(?:gluten|wheat|bread|pasta)\b/i, 'gluten'],
  [/\b(?:soy|soya|tofu)\b/i, 'soy'],
  [/\bhoney\b/i, 'honey'],
];

/** The dishes of a meal that fit these diets and contain none of the avoided foods. */
export function dishesFor(meal: Meal, { diets, avoided }: Pick<Nutrition, 'diets' | 'avoided'>): Dish[] {
  const without = new Set<Contains>([
    ...diets.flatMap((diet) => NOT_FOR[diet]),
    ...AVOIDED_AS.flatMap(([words, contains]) =>
      avoided.some((food) => words.test(food)) ? [contains] : [],
    ),
  ]);
  const names = avoided.map((food) => food.toLowerCase().replace(/(?:es|s)$/, ''));
  return DISHES.filter(
    (dish) =>
      dish.meal === meal &&
      !dish.contains.some((each) => without.has(each)) &&
      !names.some((name) => name.length > 2 && dish.name.includes(name)),
  );
}

const SUGGESTED = 3;

/** Three dishes, other ones each day. */
export function suggestDishes(nutrition: Nutrition, meal: Meal | undefined, at: Date): string[] {
  const wanted = meal ?? mealAt(at);
  const dishes = dishesFor(wanted, nutrition);
  if (dishes.length === 0)
    return [`I know no ${wanted} without what you avoid. I would have to guess, so I do not.`];
  const first = (dayNumber(dayOf(at)) * SUGGESTED) % dishes.length;
  const chosen = Array.from({ length: Math.min(SUGGESTED, dishes.length) }, (_, index) =>
    inTurn(dishes, first + index),
  );
  return [
    `For ${wanted} I suggest 🥗`,
    '',
    ...chosen.map(({ name }) => `- ${name}`),
    ...sayHeeded(nutrition),
  ];
}

/** Seven days from today, three meals each. */
export function planMeals(nutrition: Nutrition, at: Date): string[] {
  const today = dayOf(at);
  const menus = (['breakfast', 'lunch', 'dinner'] as const).map((meal) => dishesFor(meal, nutrition));
  if (menus.some((dishes) => dishes.length === 0))
    return ['I know too few dishes without what you avoid. I would have to guess, so I do not.'];
  const rows = Array.from({ length: 7 }, (_, index) => {
    const day = addDays(today, index);
    return `| ${sayDay(day)} | ${menus.map((dishes) => inTurn(dishes, dayNumber(day)).name).join(' | ')} |`;
  });
  const goal = nutrition.goal === null ? '' : ` Keep your goal in mind: *${nutrition.goal.text}*.`;
  return [
    `A week of meals 🥗${goal}`,
    '',
    '| day | breakfast | lunch | dinner |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...sayHeeded(nutrition),
  ];
}

function sayHeeded({ diets, avoided }: Nutrition): string[] {
  const heeded = [...diets, ...avoided.map((food) => `no ${food}`)];
  return heeded.length === 0
    ? []
    : ['', `Heeded: ${heeded.join(', ')}. With an allergy, please check the ingredients yourself.`];
}

function mealAt(at: Date): Meal {
  const hour = at.getHours();
  if (hour < 11) return 'breakfast';
  if (hour < 15) return 'lunch';
  return hour < 17 ? 'snack' : 'dinner';
}

function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 86_400_000;
}

/** Counted on from the beginning again behind the end; `dishes` is not empty. */
function inTurn(dishes: readonly Dish[], index: number): Dish {
  return dishes[index % dishes.length] as Dish;
}
