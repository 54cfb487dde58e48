import { z } from 'zod';
import { dayOf, pastDayIn } from '../../language/day.ts';
import { type AnyAction, defineAction } from '../../rules/action.ts';
import { sayDiet, sayMeal, sayNutritionGoal, sayWater, sayWaterToday, sayWeekOfMeals } from './ceres-text.ts';
import type { Meal } from './dishes.ts';
import {
  addDiets,
  addMeal,
  addWater,
  Diet,
  EMPTY_NUTRITION,
  type Nutrition,
  removeLastMeal,
} from './nutrition.ts';
import { planMeals, suggestDishes } from './suggest-dishes.ts';
import { waterIn } from './water.ts';

const MealName = z.enum(['breakfast', 'lunch', 'dinner', 'snack', '']);
const When = z.string().max(40).default('').describe('"yesterday", "on Monday"; empty: today');
const Food = z.string().trim().min(1);
type Nothing = Record<string, never>;

export const setGoal = defineAction<Nutrition, { goal: string }>({
  name: 'set_goal',
  description: "Sets or replaces the person's goal for eating or drinking, in their own words.",
  input: z.object({ goal: z.string().trim().min(1).max(200) }),
  call: ({ goal }) => ({
    change: (nutrition, at) => ({ ...nutrition, goal: { text: goal, since: dayOf(at) }, removed: null }),
    tell: (nutrition, at) => [
      `I will remember it: **${goal}** 🥗`,
      waterIn(goal) === undefined
        ? 'Tell me your meals, or ask me for a meal plan.'
        : sayWaterToday(nutrition, dayOf(at)),
    ],
  }),
});

export const forgetGoal = defineAction<Nutrition, Nothing>({
  name: 'forget_goal',
  description: 'Forgets the goal.',
  input: z.object({}),
  call: () => ({
    change: (nutrition) => ({ ...nutrition, goal: null, removed: null }),
    tell: () => ['The goal is forgotten. What shall be the next one?'],
  }),
});

export const tellGoal = defineAction<Nutrition, Nothing>({
  name: 'tell_goal',
  description: 'The goal, and how far it is reached where it can be measured.',
  input: z.object({}),
  call: () => ({ tell: sayNutritionGoal }),
});

export const logMeal = defineAction<Nutrition, { meal: Meal | ''; foods: string[]; when: string }>({
  name: 'log_meal',
  description: 'Notes what the person has eaten. Not for plans.',
  input: z.object({
    meal: MealName.default('').describe('Empty: not told'),
    foods: z.array(Food.max(60)).min(1).max(15),
    when: When,
  }),
  call: ({ meal, foods, when }) => ({
    change: (nutrition, at) => addMeal(nutrition, { meal, foods, day: pastDayIn(when, dayOf(at)) }),
    tell: (_nutrition, at) => [`Noted ${sayMeal({ meal, foods, day: dayOf(at) })} 🥗`],
  }),
});

export const logWater = defineAction<Nutrition, { millilitres: number; when: string }>({
  name: 'log_water',
  description: 'Notes water that the person has drunk.',
  input: z.object({ millilitres: z.number().int().positive().max(20_000), when: When }),
  call: ({ millilitres, when }) => ({
    change: (nutrition, at) => addWater(nutrition, millilitres, pastDayIn(when, dayOf(at))),
    tell: (nutrition, at) => [
      `Noted: ${sayWater(millilitres)} of water 💧`,
      sayWaterToday(nutrition, dayOf(at)),
    ],
  }),
});

export const setDiet = defineAction<Nutrition, { diets: Diet[]; avoided: string[] }>({
  name: 'add_diet',
  description: 'Notes a diet, an allergy, or foods that the person does not eat.',
  input: z.object({
    diets: z.array(Diet).max(5).default([]),
    avoided: z.array(Food.max(40)).max(10).default([]).describe('Foods, one word each'),
  }),
  call: ({ diets, avoided }) => ({
    change: (nutrition) => addDiets(nutrition, diets, avoided),
    tell: (nutrition) => [`Noted. ${sayDiet(nutrition)}`],
  }),
});

export const forgetDiet = defineAction<Nutrition, Nothing>({
  name: 'forget_diet',
  description: 'Forgets all diets and avoided foods.',
  input: z.object({}),
  call: () => ({
    change: (nutrition) => ({ ...nutrition, diets: [], avoided: [], removed: null }),
    tell: () => ['Noted: you eat everything.'],
  }),
});

export const tellDiet = defineAction<Nutrition, Nothing>({
  name: 'tell_diet',
  description: 'Diets and avoided foods that are noted.',
  input: z.object({}),
  call: () => ({ tell: (nutrition) => [sayDiet(nutrition)] }),
});

export const suggestMeal = defineAction<Nutrition, { meal: Meal | '' }>({
  name: 'suggest_meal',
  description: 'Three dishes that fit diets and avoided foods.',
  input: z.object({ meal: MealName.default('').describe('Empty: whichever is next') }),
  call: ({ meal }) => ({
    tell: (nutrition, at) => suggestDishes(nutrition, meal === '' ? undefined : meal, at),
  }),
});

export const makePlan = defineAction<Nutrition, Nothing>({
  name: 'make_meal_plan',
  description: 'Seven days of meals that fit diets and avoided foods. Show it as it is.',
  input: z.object({}),
  call: () => ({ tell: planMeals }),
});

export const tellWeek = defineAction<Nutrition, Nothing>({
  name: 'tell_week',
  description: 'The meals of the last seven days, and groups of food in them.',
  input: z.object({}),
  call: () => ({ tell: sayWeekOfMeals }),
});

export const undoLast = defineAction<Nutrition, Nothing>({
  name: 'undo_last_meal',
  description: 'Takes back the meal that was noted last.',
  input: z.object({}),
  call: () => ({
    change: removeLastMeal,
    tell: ({ removed }) => [
      removed === null ? 'There is no meal to take back.' : `Taken back: ${sayMeal(removed)}.`,
    ],
  }),
});

export const startOver = defineAction<Nutrition, Nothing>({
  name: 'start_over',
  description: 'Forgets goal, diets and log. Only when the person asks for it.',
  input: z.object({}),
  call: () => ({ change: () => EMPTY_NUTRITION, tell: () => ['Goal, diets and log are cleared.'] }),
});

export const CERES_ACTIONS: readonly AnyAction<Nutrition>[] = [
  setGoal,
  tellGoal,
  forgetGoal,
  logMeal,
  logWater,
  setDiet,
  tellDiet,
  forgetDiet,
  suggestMeal,
  makePlan,
  tellWeek,
  undoLast,
  startOver,
];
