import { describe, expect, it } from '@jest/globals';
import { splitClauses } from '../../language/clauses.ts';
import { EMPTY_FITNESS, type Fitness } from './fitness.ts';
import { HELIOS_HELP, understandHelios } from './understand-helios.ts';

// A Saturday.
const AT = new Date(2026, 10, 21, 12);

/** The memory and the replies after these messages. */
function after(...messages: readonly string[]): { fitness: Fitness; said: string } {
  let fitness = EMPTY_FITNESS;
  let said = '';
  for (const message of messages) {
    const calls = splitClauses(message).flatMap((clause) => understandHelios(clause) ?? []);
    for (const { change } of calls) fitness = change?.(fitness, AT) ?? fitness;
    said = calls.flatMap((call) => call.tell(fitness, AT)).join('\n');
  }
  return { fitness, said };
}

describe('a goal', () => {
  it.each([
    ['my goal is 10k steps', '10k steps'],
    ['My new fitness goal is: run 5 km', 'run 5 km'],
    ['Set my goal to 3 workouts a week.', '3 workouts a week'],
    ['I want to run a marathon', 'run a marathon'],
    ["I'd like to lose 5 kg", 'lose 5 kg'],
    ['Mein Ziel ist 10.000 Schritte', '10.000 Schritte'],
  ])('is set by: %s', (text, goal) => {
    expect(after(text).fitness.goal).toEqual({ text: goal, since: '2026-11-21' });
  });

  it.each([
    ['10k steps', ['I walked 4,000 steps'], 'Today: 4,000 of 10,000 steps, 6,000 to go.'],
    [
      '10k steps',
      ['I walked 4,000 steps', 'I walked 6,000 steps'],
      'Today: 10,000 of 10,000 steps, reached! 🎉',
    ],
    ['10k steps', ['I walked 4,000 steps yesterday'], 'Today: 0 of 10,000 steps, 10,000 to go.'],
    ['run 10 km', ['I ran 5 km', 'I ran 4 km'], 'Your longest so far: 5 km of 10 km.'],
    [
      '20 km a week',
      ['I ran 5 km', 'I ran 4 km on Monday', 'I ran 9 km 5 days ago'],
      'In the last seven days: 18 km of 20 km.',
    ],
    ['3 workouts a week', ['I did yoga'], 'In the last seven days: 1 of 3 workouts.'],
    ['feel better', ['I did yoga'], undefined],
  ])('of %s after %j is told with progress', (goal, log, progress) => {
    const { said } = after(`My goal is ${goal}`, ...log, 'What is my goal?');
    expect(said).toBe(
      [
        `Your goal: **${goal}** (since Saturday 21 November).`,
        ...(progress === undefined ? [] : [progress]),
      ].join('\n'),
    );
  });

  it('is not set by a question', () => {
    expect(after('My goal is 10k steps?').fitness.goal).toBeNull();
  });

  it('is forgotten on demand, and asked for when there is none', () => {
    expect(after('My goal is 10k steps', 'Forget my goal').fitness.goal).toBeNull();
    expect(after('What was my goal?').said).toContain('no goal yet');
  });
});

describe('a workout', () => {
  it.each([
    ['I ran 5 km in 30 minutes', 'running', 5000, 1800, null, null, '2026-11-21'],
    ['I walked 8,000 steps yesterday', 'walking', null, null, 8000, null, '2026-11-20'],
    ['10k steps today', 'walking', null, null, 10_000, null, '2026-11-21'],
    ['Did 20 push-ups', 'strength training', null, null, null, 20, '2026-11-21'],
    ['I went to the gym', 'strength training', null, null, null, null, '2026-11-21'],
    ['Log: 1 h 15 of yoga', 'yoga', null, 4500, null, null, '2026-11-21'],
    ['I worked out for 45 minutes on Monday', 'workout', null, 2700, null, null, '2026-11-16'],
    ['I did a 5k run', 'running', 5000, null, null, null, '2026-11-21'],
    ['I went for a long walk', 'walking', null, null, null, null, '2026-11-21'],
    ['Ich bin 5,5 km gelaufen', 'running', 5500, null, null, null, '2026-11-21'],
  ])('is logged: %s', (text, activity, metres, seconds, steps, repetitions, day) => {
    expect(after(text).fitness.workouts).toEqual([{ activity, metres, seconds, steps, repetitions, day }]);
  });

  it.each([
    'I want to run 5 km',
    'I will run 5 km tomorrow',
    "I didn't run today",
    'Did I run this week?',
    'How fast did I run 5 km?',
    'I ran out of milk',
    'I took the elevator instead of the steps',
    'I had a training on fire safety',
    'What is the weather like?',
    'I had oatmeal for breakfast',
    'I ran 5000 km',
    'Running is fun',
  ])('is not logged: %s', (text) => {
    expect(after(text).fitness.workouts).toEqual([]);
  });

  it('is praised, with pace and progress', () => {
    expect(after('My goal is to run 10 km', 'I ran 5 km in 30 minutes').said).toBe(
      'Logged: running 5 km in 30 min (6:00 min/km). Well done! 💪\nYour longest so far: 5 km of 10 km.',
    );
  });

  it('is taken back', () => {
    const { fitness, said } = after('I ran 5 km', 'I did yoga', 'Undo');
    expect(fitness.workouts).toMatchObject([{ activity: 'running' }]);
    expect(said).toBe('Taken back: yoga.');
  });
});

describe('the week', () => {
  it('is summed up day by day, without older entries', () => {
    const { said } = after(
      'I ran 5 km in 30 minutes',
      'I walked 8,000 steps yesterday',
      'I ran 3.5 km in 20 min on Monday',
      'I swam 1 km last Saturday',
      'How was my week?',
    );
    expect(said).toBe(
      [
        'Your last seven days, 3 workouts 💪',
        '',
        '- Monday 16 November: running 3.5 km in 20 min (5:43 min/km)',
        '- Friday 20 November: walking 8,000 steps',
        '- Saturday 21 November: running 5 km in 30 min (6:00 min/km)',
        '',
        'In all: **8.5 km, 50 min, 8,000 steps**.',
      ].join('\n'),
    );
  });

  it('may be empty', () => {
    expect(after('Show me my workouts').said).toContain('no workout of the last seven days');
  });
});

describe('a plan', () => {
  it('leads from what one walks to the steps of the goal', () => {
    const { said } = after('My goal is 10k steps', 'I walked 6,000 steps', 'Make me a plan');
    expect(said).toContain('| 1 | 7,000 |\n| 2 | 8,000 |\n| 3 | 9,000 |\n| 4 | 10,000 |');
  });

  it('makes the long run a tenth longer each week until the goal', () => {
    const { said } = after('My goal is to run 6 km', 'I ran 5 km', 'What is my plan?');
    const long = [...said.matchAll(/\| ([\d.]+ km) slow \|/g)].map(([, distance]) => distance);
    expect(long).toEqual(['5.5 km', '6 km']);
  });

  it('says when the goal is reached or far', () => {
    expect(after('My goal is to run 5 km', 'I ran 5 km', 'plan').said).toContain('your goal is reached');
    expect(after('My goal is to run 100 km', 'plan').said).toContain('takes longer');
    expect(after('My goal is 5k steps', 'I walked 6k steps', 'plan').said).toContain('your goal is reached');
  });

  it('is a beginning for a person without a goal', () => {
    expect(after('I want to start working out').said).toMatch(
      /Great that you want to move![\s\S]*three workouts a week of 20 minutes/,
    );
    expect(after('How do I get fit?').said).toContain('three workouts a week');
  });

  it('is the same for the same log', () => {
    const messages = ['My goal is to run 10 km', 'I ran 4 km', 'Make me a plan'];
    expect(after(...messages).said).toBe(after(...messages).said);
  });
});

describe('Helios', () => {
  it('sends somebody in pain to rest and to a doctor', () => {
    expect(after('My knee hurts').said).toContain('doctor');
  });

  it('introduces itself', () => {
    expect(after('Hello!').said).toBe(HELIOS_HELP);
  });

  it.each(['What should I eat for breakfast?', 'What is left of my budget?', 'Who won the cup?', 'blue'])(
    'knows nothing of: %s',
    (text) => expect(understandHelios(text)).toBeUndefined(),
  );
});
