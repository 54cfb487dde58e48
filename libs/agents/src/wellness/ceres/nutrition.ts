import { z } from 'zod';
import { Day, isInLastWeek } from '../../language/day.ts';
import { Goal } from '../goal.ts';

export const Diet = z.enum(['vegetarian', 'vegan', 'pescatarian', 'gluten-free', 'lactose-free']);
export type Diet = z.infer<typeof Diet>;

const Eaten = z.object({
  /** `breakfast`; empty: not told. */
  meal: z.enum(['breakfast', 'lunch', 'dinner', 'snack', '']),
  foods: z.array(z.string().max(60)).max(15),
  day: Day,
});
export type Eaten = z.infer<typeof Eaten>;

const Drunk = z.object({ millilitres: z.number().int().positive(), day: Day });

/** What Ceres remembers about a person. */
export const Nutrition = z.object({
  goal: Goal.nullable(),
  diets: z.array(Diet),
  /** Foods not eaten, for any reason, in the person's words. */
  avoided: z.array(z.string().max(40)),
  /** In the order in which they were told. */
  meals: z.array(Eaten),
  /** Water, in the order in which it was told. */
  water: z.array(Drunk),
  /** The entry that the last message removed. */
  removed: Eaten.nullable(),
});
export type Nutrition = z.infer<typeof Nutrition>;

export const EMPTY_NUTRITION: Nutrition = {
  goal: null,
  diets: [],
  avoided: [],
  meals: [],
  water: [],
  removed: null,
};

const KEPT_ENTRIES = 300;
const MAX_AVOIDED = 30;

export function addMeal(nutrition: Nutrition, eaten: Eaten): Nutrition {
  return { ...nutrition, meals: [...nutrition.meals, eaten].slice(-KEPT_ENTRIES), removed: null };
}

export function addWater(nutrition: Nutrition, millilitres: number, day: string): Nutrition {
  return {
    ...nutrition,
    water: [...nutrition.water, { millilitres, day }].slice(-KEPT_ENTRIES),
    removed: null,
  };
}

export function removeLastMeal(nutrition: Nutrition): Nutrition {
  return { ...nutrition, meals: nutrition.meals.slice(0, -1), removed: nutrition.meals.at(-1) ?? null };
}

export function addDiets(
  nutrition: Nutrition,
  diets: readonly Diet[],
  avoided: readonly string[],
): Nutrition {
  return {
    ...nutrition,
    diets: [...new Set([...nutrition.diets, ...diets])],
    avoided: [...new Set([...nutrition.avoided, ...avoided])].slice(-MAX_AVOIDED),
    removed: null,
  };
}

export function weekOfMeals({ meals }: Nutrition, today: string): Eaten[] {
  return meals.filter(({ day }) => isInLastWeek(day, today));
}

export function waterOn({ water }: Nutrition, day: string): number {
  return water.reduce((sum, drunk) => sum + (drunk.day === day ? drunk.millilitres : 0), 0);
}
