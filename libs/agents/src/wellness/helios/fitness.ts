import { z } from 'zod';
import { addDays, Day, isInLastWeek } from '../../language/day.ts';
import { Goal } from '../goal.ts';

const Measure = z.number().int().nonnegative().nullable();

/** One workout. */
export const Workout = z.object({
  /** `running`, `yoga`. */
  activity: z.string().max(40),
  metres: Measure,
  seconds: Measure,
  steps: Measure,
  repetitions: Measure,
  day: Day,
});
export type Workout = z.infer<typeof Workout>;

/** What Helios remembers about a person. */
export const Fitness = z.object({
  goal: Goal.nullable(),
  /** In the order in which they were told. */
  workouts: z.array(Workout),
  /** The entry that the last message removed. */
  removed: Workout.nullable(),
});
export type Fitness = z.infer<typeof Fitness>;

export const EMPTY_FITNESS: Fitness = { goal: null, workouts: [], removed: null };

const KEPT_WORKOUTS = 300;

export function addWorkout(fitness: Fitness, workout: Workout): Fitness {
  return { ...fitness, workouts: [...fitness.workouts, workout].slice(-KEPT_WORKOUTS), removed: null };
}

export function removeLastWorkout(fitness: Fitness): Fitness {
  return { ...fitness, workouts: fitness.workouts.slice(0, -1), removed: fitness.workouts.at(-1) ?? null };
}

/** Those of the last seven days. */
export function weekOf({ workouts }: Fitness, today: string): Workout[] {
  return workouts.filter(({ day }) => isInLastWeek(day, today));
}

/** Those of the last 28 days. */
export function monthOf({ workouts }: Fitness, today: string): Workout[] {
  return workouts.filter(({ day }) => day > addDays(today, -28) && day <= today);
}

type Count = 'metres' | 'seconds' | 'steps' | 'repetitions';

export function sumOf(workouts: readonly Workout[], what: Count): number {
  return workouts.reduce((sum, workout) => sum + (workout[what] ?? 0), 0);
}

export function mostOf(workouts: readonly Workout[], what: Count): number {
  return workouts.reduce((most, workout) => Math.max(most, workout[what] ?? 0), 0);
}
