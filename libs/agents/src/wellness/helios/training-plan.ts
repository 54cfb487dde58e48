import { dayOf } from '../../language/day.ts';
import { type Fitness, monthOf, mostOf, sumOf, weekOf } from './fitness.ts';
import { measuresIn, sayDistance } from './measures.ts';

/** A plan from the goal and the latest workouts: the same for the same log. Markdown, line by line. */
export function planTraining(fitness: Fitness, at: Date): string[] {
  const today = dayOf(at);
  const text = fitness.goal?.text ?? '';
  const { steps, metres } = measuresIn(text);
  if (steps !== undefined) return [...planSteps(fitness, steps, today), ...CAUTION];
  const isRun = metres !== undefined && !/\b(?:swim|cycl|bik|walk|row|hik)/i.test(text);
  if (isRun) return [...planRuns(fitness, metres, today), ...CAUTION];
  return [...planBasics(fitness, today), ...CAUTION];
}

const CAUTION = [
  '',
  '*Stop when something hurts, and ask a doctor first if you are ill or have not trained for long.*',
];
const WEEKLY_GROWTH = 1.1;
const MAX_WEEKS = 24;

/** Week by week from the present amount of walking to the goal. */
function planSteps(fitness: Fitness, target: number, today: string): string[] {
  const days = new Set(weekOf(fitness, today).flatMap(({ day, steps }) => (steps === null ? [] : [day])));
  const now = days.size === 0 ? undefined : Math.round(sumOf(weekOf(fitness, today), 'steps') / days.size);
  if (now !== undefined && now >= target) {
    return [
      `You walk ${now.toLocaleString('en')} steps a day: your goal is reached! 🎉 Keep it for a week, then set a new one.`,
    ];
  }
  const from = now ?? Math.round(target * 0.6);
  const weeks = 4;
  const rows = Array.from({ length: weeks }, (_, index) => {
    const daily = index === weeks - 1 ? target : roundTo(from + ((target - from) * (index + 1)) / weeks, 100);
    return `| ${index + 1} | ${daily.toLocaleString('en')} |`;
  });
  const basis =
    now === undefined
      ? 'you have told me no steps yet, so I begin at 60 %'
      : `you walk ${now.toLocaleString('en')} now`;
  return [
    `Your plan to ${target.toLocaleString('en')} steps a day (${basis}) 💪`,
    '',
    '| week | steps a day |',
    '| --- | --- |',
    ...rows,
  ];
}

/** Three runs a week, the long one a tenth longer each week until the goal. */
function planRuns(fitness: Fitness, target: number, today: string): string[] {
  const runs = monthOf(fitness, today).filter(({ activity }) => activity === 'running');
  const longest = mostOf(runs, 'metres');
  if (longest >= target)
    return [`You have run ${sayDistance(longest)}: your goal is reached! 🎉 Set a new one when you like.`];
  const from = Math.min(Math.max(longest, 2000), target);
  const rows: string[] = [];
  for (let week = 1, long = from; week <= MAX_WEEKS && (week === 1 || long < target); week++) {
    long = Math.min(target, roundTo(Math.max(long * WEEKLY_GROWTH, long + 100), 100));
    rows.push(
      `| ${week} | ${sayDistance(roundTo(long * 0.6, 100))} easy | ${sayDistance(roundTo(long * 0.5, 100))}, the middle part fast | ${sayDistance(long)} slow |`,
    );
  }
  const isFar = rows.length === MAX_WEEKS;
  const basis =
    longest === 0
      ? 'you have told me no run of the last four weeks'
      : `your longest run of late: ${sayDistance(longest)}`;
  return [
    `Your plan to ${sayDistance(target)} (${basis}) 💪 A day of rest between the runs.`,
    '',
    '| week | Tuesday | Thursday | Sunday |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(isFar ? ['', `That is the first half year; the goal of ${sayDistance(target)} takes longer.`] : []),
  ];
}

/** Three workouts for the whole body, as long as one is used to and a little longer. */
function planBasics(fitness: Fitness, today: string): string[] {
  const month = monthOf(fitness, today).filter(({ seconds }) => seconds !== null);
  const usual = month.length === 0 ? 20 : Math.round(sumOf(month, 'seconds') / month.length / 60);
  const minutes = Math.min(60, Math.max(20, roundTo(usual * WEEKLY_GROWTH, 5)));
  const goal =
    fitness.goal === null
      ? 'You have set no goal, so here is a good start'
      : `For your goal, *${fitness.goal.text}*`;
  return [
    `${goal}: three workouts a week of ${minutes} minutes 💪`,
    '',
    '| day | what |',
    '| --- | --- |',
    `| Monday | whole body, ${minutes} min: squats, push-ups (on the knees at first), rows, plank; 3 rounds |`,
    `| Wednesday | brisk walk or easy run, ${minutes} min |`,
    `| Friday | whole body, ${minutes} min: lunges, bridges, dips, side plank; 3 rounds |`,
    '| other days | a walk, or rest |',
  ];
}

function roundTo(value: number, step: number): number {
  return Math.round(value / step) * step;
}
