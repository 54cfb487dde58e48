import { createIntentScorer, type IntentScorer } from '@parley/routing';
import { type AgentStatus, CAPABILITIES } from '@parley/shared-models';
import { asksForHelp, withoutMention } from '../../language/clauses.ts';
import { colleaguesOf, sayAgents } from './list-agents.ts';

export interface GeneralQuestion {
  readonly text: string;
  readonly userName: string;
  /** Undefined: it cannot be known now. */
  readonly agents: readonly AgentStatus[] | undefined;
  readonly own: { readonly name: string; readonly group: string };
}

export type GeneralAnswer = (question: GeneralQuestion) => string;

const THANKS = /^\W*(?:thanks|thank you|thx|danke|merci|gracias|cheers)\b/i;
const BYE = /^\W*(?:bye|goodbye|good bye|good night|see you|ciao|tschüss|adieu|auf wiedersehen)\b/i;
const HOW_ARE_YOU = /\bhow (?:are|r) (?:you|u)\b|\bhow is it going\b|\bwie geht(?:'s| es)\b/i;
const WHO_IS_THERE =
  /\b(?:which|what|list|show|who)\b.*\b(?:agents?|bots?|online|there|here)\b|\bwhom? can i ask\b|\bhow does (?:this|it) work\b|\bi am new\b|\bi'm new\b|\bcapabilit\w*\b|\bkannst du\b|\bwelche agenten\b/i;
const GREETING =
  /^\W*(?:hi|hey|hello|hallo|howdy|greetings|good (?:morning|afternoon|evening|day)|moin|servus|guten|hola|bonjour|salut|ciao|olá)\b/i;

/** As confident as the router wants to be before it sends somebody somewhere. */
const FITTING = 0.5;

/** Greets, lists the agents, and names the agent for a question. Keeps a classifier for as long as the agents stay the same. */
export function createGeneralAnswer(score: IntentScorer = createIntentScorer()): GeneralAnswer {
  return ({ text, userName, agents, own }) => {
    const said = withoutMention(text).replace(/[‘’]/g, "'").slice(0, 2000);
    if (THANKS.test(said)) return 'You are welcome! 🤖 Write whenever you need somebody.';
    if (BYE.test(said)) return userName === NAMELESS ? 'Goodbye! 🤖' : `Goodbye, ${userName}! 🤖`;
    if (agents === undefined) {
      return `${hello(userName)}! I am ${own.name} 🤖, but I cannot see just now who is there. Write what you need, and the right agent is looked for.`;
    }
    const isAboutAll = asksForHelp(said) || WHO_IS_THERE.test(said) || HOW_ARE_YOU.test(said);
    const fitting = isAboutAll ? [] : fittingAgents(said, agents, own, score);
    if (fitting.length > 0)
      return [
        `That is a matter for ${fitting.length === 1 ? 'this agent' : 'these agents'}:`,
        '',
        ...sayAgents(fitting, own),
        '',
        hint(fitting, own),
      ].join('\n');
    const isGreeting = GREETING.test(said) || isAboutAll;
    const opening = isGreeting
      ? `${hello(userName)}! I am ${own.name} 🤖 I know who is here and what they can do:`
      : 'I only coordinate 🤖 and nobody’s description fits that; I will not guess. Here is who is there:';
    return [opening, '', ...sayAgents(agents, own), '', hint(agents, own)].join('\n').trimEnd();
  };
}

function fittingAgents(
  text: string,
  agents: readonly AgentStatus[],
  own: { readonly group: string },
  score: IntentScorer,
): AgentStatus[] {
  // An agent that answers anything is no answer to the question which agent is for this.
  const others = agents.filter(
    ({ group, state, capabilities }) =>
      group !== own.group && state !== 'offline' && !capabilities.includes(CAPABILITIES.answersAnything),
  );
  return score(text, others)
    .filter(({ confidence }) => confidence >= FITTING)
    .slice(0, 2)
    .map(({ agent }) => agent);
}

function hint(agents: readonly AgentStatus[], own: { readonly group: string }): string {
  // An agent that people write to; others only work for agents.
  const colleagues = colleaguesOf(agents, own);
  const name = (colleagues.find(({ example }) => example !== undefined) ?? colleagues[0])?.name;
  if (name === undefined) return '';
  return `Just write what you need, or begin with \`@${/\s/.test(name) ? `"${name}"` : name}\` to choose yourself.`;
}

/** The name of a user without a name: a page without sign-in. */
const NAMELESS = 'You';

function hello(userName: string): string {
  return userName === NAMELESS ? 'Hello' : `Hello ${userName}`;
}
