import { z } from 'zod';
import { dayOf, pastDayIn } from '../../language/day.ts';
import { type AnyAction, defineAction } from '../../rules/action.ts';
import { addWorkout, EMPTY_FITNESS, type Fitness, removeLastWorkout, type Workout } from './fitness.ts';
import { sayGoalAndProgress, sayProgress, sayWeek, sayWorkout } from './fitness-text.ts';
import { planTraining } from './training-plan.ts';

const Count = (what: string, max: number) =>
  z.number().int().min(0).max(max).default(0).describe(`${what}; 0: not told`);

const WorkoutInput = z.object({
  activity: z.string().trim().min(1).max(40).describe('"running", "strength training"'),
  metres: Count('Distance in metres', 1_000_000),
  seconds: Count('Duration in seconds', 86_400),
  steps: Count('Steps', 300_000),
  repetitions: Count('Repetitions', 100_000),
  when: z.string().max(40).default('').describe('"yesterday", "on Monday"; empty: today'),
});
type WorkoutInput = z.infer<typeof WorkoutInput>;
type Nothing = Record<string, never>;

export const setGoal = defineAction<Fitness, { goal: string }>({
  name: 'set_goal',
  description: "Sets or replaces the person's fitness goal, in their own words.",
  input: z.object({ goal: z.string().trim().min(1).max(200) }),
  call: ({ goal }) => ({
    change: (fitness, at) => ({ ...fitness, goal: { text: goal, since: dayOf(at) }, removed: null }),
    tell: (fitness, at) => [
      `I will remember it: **${goal}** 💪`,
      sayProgress(fitness, dayOf(at)) ?? 'Tell me your workouts, or ask me for a plan.',
    ],
  }),
});

export const forgetGoal = defineAction<Fitness, Nothing>({
  name: 'forget_goal',
  description: 'Forgets the goal.',
  input: z.object({}),
  call: () => ({
    change: (fitness) => ({ ...fitness, goal: null, removed: null }),
    tell: () => ['The goal is forgotten. What shall be the next one?'],
  }),
});

export const tellGoal = defineAction<Fitness, Nothing>({
  name: 'tell_goal',
  description: 'The goal and how far it is reached.',
  input: z.object({}),
  call: () => ({ tell: sayGoalAndProgress }),
});

export const logWorkout = defineAction<Fitness, WorkoutInput>({
  name: 'log_workout',
  description: 'Notes a workout that the person has done. Not for plans.',
  input: WorkoutInput,
  call: (input) => ({
    change: (fitness, at) => addWorkout(fitness, workoutOf(input, dayOf(at))),
    tell: (fitness, at) => {
      const today = dayOf(at);
      const progress = sayProgress(fitness, today);
      return [
        `Logged: ${sayWorkout(workoutOf(input, today))}. Well done! 💪`,
        ...(progress === undefined ? [] : [progress]),
      ];
    },
  }),
});

export const tellWeek = defineAction<Fitness, Nothing>({
  name: 'tell_week',
  description: 'The workouts of the last seven days with their sums.',
  input: z.object({}),
  call: () => ({ tell: sayWeek }),
});

export const makePlan = defineAction<Fitness, Nothing>({
  name: 'make_plan',
  description: 'A training plan from the goal and the log. Show it as it is.',
  input: z.object({}),
  call: () => ({ tell: planTraining }),
});

export const undoLast = defineAction<Fitness, Nothing>({
  name: 'undo_last_workout',
  description: 'Takes back the workout that was logged last.',
  input: z.object({}),
  call: () => ({
    change: removeLastWorkout,
    tell: ({ removed }) => [
      removed === null ? 'There is no workout to take back.' : `Taken back: ${sayWorkout(removed)}.`,
    ],
  }),
});

export const startOver = defineAction<Fitness, Nothing>({
  name: 'start_over',
  description: 'Forgets goal and log. Only when the person asks for it.',
  input: z.object({}),
  call: () => ({
    change: () => EMPTY_FITNESS,
    tell: () => ['Goal and log are cleared. What is your new goal?'],
  }),
});

export const HELIOS_ACTIONS: readonly AnyAction<Fitness>[] = [
  setGoal,
  tellGoal,
  forgetGoal,
  logWorkout,
  tellWeek,
  makePlan,
  undoLast,
  startOver,
];

function workoutOf(
  { activity, metres, seconds, steps, repetitions, when }: WorkoutInput,
  today: string,
): Workout {
  return {
    activity,
    metres: metres || null,
    seconds: seconds || null,
    steps: steps || null,
    repetitions: repetitions || null,
    day: pastDayIn(when, today),
  };
}
