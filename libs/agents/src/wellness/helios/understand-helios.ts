import { asksForHelp, isNotSo, isQuestion } from '../../language/clauses.ts';
import { type Call, say } from '../../rules/action.ts';
import { asksForGoal, asksToForgetGoal, goalSetIn } from '../goal.ts';
import { activityIn } from './activity.ts';
import type { Fitness } from './fitness.ts';
import {
  forgetGoal,
  logWorkout,
  makePlan,
  setGoal,
  startOver,
  tellGoal,
  tellWeek,
  undoLast,
} from './helios-actions.ts';
import { measuresIn } from './measures.ts';

export const HELIOS_HELP =
  'I am Helios, your coach for everything that moves 💪 Tell me *My goal is 10k steps* or *I ran 5 km in 30 minutes*; ask me *What is ' +
  'my goal?*, *How was my week?* or *Make me a plan*. *Undo* takes the last workout back.';

const WELCOME =
  'Great that you want to move! 💪 Here is a plan to begin with. Tell me a goal (*My goal is to run 5 km*) and your workouts (*I walked ' +
  '4,000 steps*), and it becomes yours.';

const PAIN = /\b(?:hurts?|pains?|painful|injur\w*|dizz\w*|sprain\w*|ach(?:e|es|ing)|torn|schmerz\w*)\b/i;
const WISH =
  /\b(?:i|we) (?:really )?(?:want|wish|would like|plan|intend|hope|aim|need|have decided) to\b|\bi'd (?:like|love) to\b|\bhelp me (?:to )?\b/i;
const START =
  /\b(?:start|begin|get|be|become|stay|keep|working|work|exercise|train|move|in shape)\b.*\b(?:working out|work ?out|exercis\w*|train\w*|fit\w*|shape|active|sports?|healthy|strong\w*|moving|gym|running|jogging|swimming|cycling)\b|\b(?:work out|exercise|train|get fit|move more)\b/i;
const AIM = /\b(?:lose|gain|build|marathon|muscles?)\b/i;
const PLAN = /\b(?:plan|program|programme|routine|schedule|trainingsplan)\b/i;
const ADVICE =
  /\b(?:what|which|how)\b.*\b(?:should|can|could|do|to)\b.*\b(?:train\w*|exercises?|workouts?|work out|start|begin|fit\w*|stronger|faster|fitter|shape|run|muscles?)\b|\bsuggest\b.*\b(?:exercises?|workouts?)\b|\brecommend\b.*\b(?:exercises?|workouts?)\b/i;
const WEEK =
  /\b(?:summary|summarize|progress|overview|(?:this|last|my|the) week|my (?:log|workouts?|training|runs?|activity))\b|\bhow (?:am|did|was|were) i\b|\b(?:what|how much|how far|how often|how many)\b.*\b(?:did|have) i\b/i;
const TOMORROW =
  /\b(?:tomorrow|later|next (?:week|month)|tonight|will|going to|want|plan|would|should|could|can)\b|'ll\b/i;
const DONE =
  /\b(?:ran|jogged|walked|swam|cycled|biked|rode|hiked|rowed|lifted|climbed|danced|trained|worked out|exercised|played|did|done|finished|completed|went|had|took|made|got|log|logged|add|stretched|bouldered|skied|habe|bin)\b/i;

/** Without a measure, only words that plainly report sport. */
const SPORT_DONE =
  /\b(?:ran|jogged|walked|swam|cycled|biked|rode|hiked|rowed|lifted|climbed|danced|trained|worked out|exercised|stretched|skied|bouldered|gejoggt|gelaufen|geschwommen|trainiert)\b|\bplayed (?:football|soccer|basketball|volleyball|tennis|badminton|squash|handball)\b|\b(?:did|done|finished|completed|log|logged) (?:a |an |my |some |the )?(?:\p{L}+ )?(?:yoga|pilates|work-?outs?|training|run|walk|swim|hike|exercises?|push-?ups?|stretching|climbing|cardio|strength|hiit|crossfit)\b|\bwent (?:to the gym|(?:for )?(?:a |an )?(?:\p{L}+ )?(?:run|running|jogging|walk|walking|swim|swimming|cycling|ride|hike|hiking|climbing|bouldering|dancing|skiing|rowing))\b/iu;
const NO_SPORT = /\bran (?:out|into|late|away|over|for office)\b/i;

/** Interprets a clause as calls on the fitness log; undefined when no rule fits it. */
export function understandHelios(clause: string): readonly Call<Fitness>[] | undefined {
  if (asksForHelp(clause)) return [say(HELIOS_HELP)];
  const goal = goalSetIn(clause);
  if (goal !== undefined) return [setGoal.call({ goal })];
  if (asksToForgetGoal(clause)) return [forgetGoal.call({})];
  if (asksForGoal(clause)) return [tellGoal.call({})];
  if (PAIN.test(clause)) {
    return [
      say(
        'Then rest that part of you today, please, and see a doctor when it does not pass soon. I have no medical advice beyond that.',
      ),
    ];
  }
  if (
    /^(?:please )?(?:undo|take (?:it|that) back|that was wrong|(?:remove|delete) (?:that|it|the last))\b/i.test(
      clause,
    )
  )
    return [undoLast.call({})];
  if (
    /^(?:please )?(?:start over|(?:reset|clear|forget|delete|erase)\b.*\b(?:log|workouts?|everything|all))/i.test(
      clause,
    )
  )
    return [startOver.call({})];
  if (WISH.test(clause) && !PLAN.test(clause)) return understandAim(clause);
  if (
    PLAN.test(clause) ||
    (isQuestion(clause) && ADVICE.test(clause)) ||
    /^(?:suggest|recommend)\b/i.test(clause)
  )
    return [makePlan.call({})];
  if (WEEK.test(clause) && (isQuestion(clause) || !DONE.test(clause))) return [tellWeek.call({})];
  return isQuestion(clause) || isNotSo(clause) || TOMORROW.test(clause)
    ? undefined
    : understandWorkout(clause);
}

/** A person's wish: a goal where it can be measured or named, else a beginning. */
function understandAim(clause: string): readonly Call<Fitness>[] | undefined {
  const aim = clause
    .replace(/^.*?\b(?:want|wish|like|love|plan|intend|hope|aim|need|decided|me)\b\s+(?:to\s+)?/i, '')
    .replace(/[\s.!?]+$/, '');
  const hasMeasure = Object.keys(measuresIn(clause)).length > 0;
  if (aim !== '' && (hasMeasure || AIM.test(clause) || /\d/.test(clause)))
    return [setGoal.call({ goal: aim.slice(0, 200) })];
  return START.test(clause) || activityIn(clause) !== undefined
    ? [say(WELCOME, ''), makePlan.call({})]
    : undefined;
}

function understandWorkout(clause: string): readonly Call<Fitness>[] | undefined {
  const activity = activityIn(clause);
  if (activity === undefined) return undefined;
  const { metres = 0, seconds = 0, steps = 0, repetitions = 0 } = measuresIn(clause);
  const isMeasured = metres + seconds + steps + repetitions > 0;
  if (NO_SPORT.test(clause) || (!isMeasured && !SPORT_DONE.test(clause))) return undefined;
  const isTooMuch = metres > 1_000_000 || seconds > 86_400 || steps > 300_000 || repetitions > 100_000;
  if (isTooMuch) return [say('That is more than anybody can do in a day; I have noted nothing.')];
  return [logWorkout.call({ activity, metres, seconds, steps, repetitions, when: clause.slice(0, 4000) })];
}
