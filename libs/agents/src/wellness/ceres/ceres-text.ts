import { dayOf, sayDay } from '../../language/day.ts';
import { sayGoal } from '../goal.ts';
import { groupsIn } from './food-groups.ts';
import { type Eaten, type Nutrition, waterOn, weekOfMeals } from './nutrition.ts';
import { waterIn } from './water.ts';

/** `breakfast: oatmeal, banana`. */
export function sayMeal({ meal, foods }: Eaten): string {
  return `${meal === '' ? '' : `${meal}: `}${foods.join(', ')}`;
}

/** `750 ml`, `1.5 l`. */
export function sayWater(millilitres: number): string {
  return millilitres < 1000 ? `${millilitres} ml` : `${millilitres / 1000} l`;
}

/** Today's water, held against the goal where that is one of water. */
export function sayWaterToday(nutrition: Nutrition, today: string): string {
  const drunk = waterOn(nutrition, today);
  const wanted = nutrition.goal === null ? undefined : waterIn(nutrition.goal.text);
  if (wanted === undefined) return `Today: **${sayWater(drunk)}** of water.`;
  return drunk >= wanted
    ? `Today: **${sayWater(drunk)}** of ${sayWater(wanted)} of water, reached! 🎉`
    : `Today: **${sayWater(drunk)}** of ${sayWater(wanted)} of water, ${sayWater(wanted - drunk)} to go.`;
}

export function sayNutritionGoal(nutrition: Nutrition, at: Date): string[] {
  if (nutrition.goal === null)
    return [
      'You have told me no goal yet. What shall it be? Say, for example: *My goal is to drink 2 l of water a day*.',
    ];
  const isWater = waterIn(nutrition.goal.text) !== undefined;
  return [sayGoal(nutrition.goal), ...(isWater ? [sayWaterToday(nutrition, dayOf(at))] : [])];
}

export function sayDiet({ diets, avoided }: Nutrition): string {
  const all = [...diets, ...avoided.map((food) => `no ${food}`)];
  return all.length === 0 ? 'You eat everything, as far as I know.' : `I heed: ${all.join(', ')}.`;
}

const COUNTED = ['fruit', 'vegetables', 'whole grain', 'protein', 'sweets'];

export function sayWeekOfMeals(nutrition: Nutrition, at: Date): string[] {
  const today = dayOf(at);
  const meals = weekOfMeals(nutrition, today).toSorted((a, b) => a.day.localeCompare(b.day));
  const water = nutrition.water.some(({ day }) => day === today) ? [sayWaterToday(nutrition, today)] : [];
  if (meals.length === 0)
    return [
      'I have no meal of the last seven days. Tell me, for example: *I had oatmeal and a banana for breakfast*.',
      ...water,
    ];
  const days = [...new Set(meals.map(({ day }) => day))];
  const groups = COUNTED.flatMap((group) => {
    const daysWith = days.filter((day) =>
      meals.some((meal) => meal.day === day && meal.foods.some((food) => groupsIn(food).includes(group))),
    );
    return daysWith.length === 0 ? [] : [`${group} on ${daysWith.length}`];
  });
  const dayCount = days.length === 1 ? '1 day' : `${days.length} days`;
  return [
    `Your last seven days: ${meals.length} ${meals.length === 1 ? 'meal' : 'meals'} on ${dayCount} 🥗`,
    '',
    ...meals.map((meal) => `- ${sayDay(meal.day)}, ${sayMeal(meal)}`),
    '',
    ...(groups.length === 0
      ? []
      : [`Of ${dayCount}: ${groups.join(', ')} (by the names of the foods, as far as I know them).`]),
    ...water,
  ];
}
