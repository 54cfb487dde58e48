import { dayOf, sayDay } from '../../language/day.ts';
import { sayGoal } from '../goal.ts';
import { type Fitness, mostOf, sumOf, type Workout, weekOf } from './fitness.ts';
import { measuresIn, sayDistance, sayDuration, sayPace } from './measures.ts';

/** `running 5 km in 30 min (6:00 min/km)`. */
export function sayWorkout({ activity, metres, seconds, steps, repetitions }: Workout): string {
  const pace = activity === 'running' && metres !== null && seconds !== null && metres >= 500;
  return [
    activity,
    steps === null ? '' : `${steps.toLocaleString('en')} steps`,
    repetitions === null ? '' : `${repetitions} repetitions`,
    metres === null ? '' : sayDistance(metres),
    seconds === null ? '' : `${metres === null ? 'for' : 'in'} ${sayDuration(seconds)}`,
    pace ? `(${sayPace(metres, seconds)})` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** How far the goal is reached; undefined: it has no number that the log could be held against. */
export function sayProgress({ goal, workouts }: Fitness, today: string): string | undefined {
  if (goal === null) return undefined;
  const { steps, metres } = measuresIn(goal.text);
  const week = weekOf({ goal, workouts, removed: null }, today);
  if (steps !== undefined) {
    const done = sumOf(
      workouts.filter(({ day }) => day === today),
      'steps',
    );
    const rest = done >= steps ? 'reached! 🎉' : `${(steps - done).toLocaleString('en')} to go.`;
    return `Today: ${done.toLocaleString('en')} of ${steps.toLocaleString('en')} steps, ${rest}`;
  }
  if (metres !== undefined) {
    const isWeekly = /\bweek/i.test(goal.text);
    const done = isWeekly ? sumOf(week, 'metres') : mostOf(workouts, 'metres');
    const what = isWeekly ? 'In the last seven days' : 'Your longest so far';
    return `${what}: ${sayDistance(done)} of ${sayDistance(metres)}${done >= metres ? ', reached! 🎉' : '.'}`;
  }
  const times = /\b(\d{1,2}|two|three|four|five)\b.*\b(?:times|workouts?|sessions?|days|x)\b.*\bweek/i.exec(
    goal.text,
  )?.[1];
  if (times === undefined) return undefined;
  const wanted = Number(times) || ['two', 'three', 'four', 'five'].indexOf(times.toLowerCase()) + 2;
  return `In the last seven days: ${week.length} of ${wanted} workouts${week.length >= wanted ? ', reached! 🎉' : '.'}`;
}

export function sayGoalAndProgress(fitness: Fitness, at: Date): string[] {
  if (fitness.goal === null)
    return ['You have told me no goal yet. What shall it be? Say, for example: *My goal is 10k steps*.'];
  const progress = sayProgress(fitness, dayOf(at));
  return [sayGoal(fitness.goal), ...(progress === undefined ? [] : [progress])];
}

export function sayWeek(fitness: Fitness, at: Date): string[] {
  const today = dayOf(at);
  const week = weekOf(fitness, today).toSorted((a, b) => a.day.localeCompare(b.day));
  if (week.length === 0)
    return ['I have no workout of the last seven days. Tell me, for example: *I ran 5 km in 30 minutes*.'];
  const sums = [
    sumOf(week, 'metres') > 0 ? sayDistance(sumOf(week, 'metres')) : '',
    sumOf(week, 'seconds') > 0 ? sayDuration(sumOf(week, 'seconds')) : '',
    sumOf(week, 'steps') > 0 ? `${sumOf(week, 'steps').toLocaleString('en')} steps` : '',
  ].filter(Boolean);
  const progress = sayProgress(fitness, today);
  return [
    `Your last seven days, ${week.length} ${week.length === 1 ? 'workout' : 'workouts'} 💪`,
    '',
    ...week.map((workout) => `- ${sayDay(workout.day)}: ${sayWorkout(workout)}`),
    '',
    ...(sums.length > 0 ? [`In all: **${sums.join(', ')}**.`] : []),
    ...(progress === undefined ? [] : [progress]),
  ];
}
