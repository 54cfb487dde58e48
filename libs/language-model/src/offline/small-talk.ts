/** One thing that can be said without a language model. */
export interface SmallTalkRule {
  /** Tried on the question in lower case, without punctuation and without a greeting before it. */
  readonly pattern: RegExp;
  answer(now: Date): string;
}

const says = (pattern: RegExp, text: string): SmallTalkRule => ({ pattern, answer: () => text });

const ADD_AN_AGENT = `Write a file like this, say \`weather.ts\`:

\`\`\`ts
import { defineAgent } from '@parley/agent-kit';

export default defineAgent({
  name: 'Weather',
  description: 'Tells the weather',
  async onMessage({ text, reply }) {
    await reply(\`You asked: \${text}\`);
  },
});
\`\`\`

Then run \`npx nx serve agent -- --file weather.ts\`. It appears in the sidebar, and you can write to it.`;

/** The first one that fits answers, so specific patterns stand before general ones. */
export const SMALL_TALK: readonly SmallTalkRule[] = [
  says(
    /\b(?:language model|llm|api key|mistral|openai|ollama|offline|online model)\b/,
    'No language model is switched on; I answer by simple offline rules. Set `MISTRAL_API_KEY`, or `LLM_BASE_URL` ' +
      'and `LLM_MODEL` (and `LLM_API_KEY` where it wants one) for any OpenAI-compatible endpoint, and start Parley again.',
  ),
  says(/\b(?:add|write|build|create|make|define)\b.*\bagents?\b/, ADD_AN_AGENT),
  says(
    /\b(?:which|what|list|show|who)\b.*\bagents?\b/,
    'The sidebar lists the agents and whether they are online. Write `@` and a name to choose one; otherwise the ' +
      'broker chooses and says why.',
  ),
  says(
    /\b(?:what|whats|tell|explain|how|about)\b.*\bparley\b|\bhow does (?:this|it|that) work\b|\bwhat is this\b/,
    'Parley is a switchboard for people and software agents. What you write goes through durable queues to a broker, ' +
      'which chooses an agent, and the answer comes back the same way; a crash on the way loses nothing. ' +
      'The path of a message shows every hop.',
  ),
  says(
    /^help\b|\bhelp me$|\bwhat (?:can|do|could) (?:you|i|we) (?:do|help|offer|know|ask|say|try)\b|\bcan you help\b|\bwhat are you able\b/,
    'Without a language model I can tell you what Parley is, how to add an agent, which agents there are, how to switch ' +
      'on a language model, and the date and time. For everything else I would have to invent something, so I do not. ' +
      'Write `@Echo` and some words to see a message travel to another agent and back.',
  ),
  says(
    /\b(?:who|what) are you\b|\byour name\b|\bare you (?:a |an )?(?:bot|robot|human|person|real|ai|machine|computer)\b/,
    'I am a program that answers by simple offline rules: no language model, no person.',
  ),
  says(
    /\bhow (?:are|r) (?:you|u)\b|\bhow is it going\b|\bhows it going\b|\bwhats up\b/,
    'All my rules are in order, thank you. What would you like to know about Parley?',
  ),
  {
    pattern:
      /\b(?:whats|what is|tell me|todays|current)(?: the)?(?: todays| current)? (?:time|date|day|weekday)\b|\b(?:what|which) (?:day|date|weekday) (?:is|are)\b|\btime is it\b/,
    answer: tellTime,
  },
  says(
    /\b(?:joke|make me laugh)\b/,
    'A message walks into a queue. Nothing happens to it. That is the point.',
  ),
  says(
    /\b(?:thanks|thank you|thx|danke|merci|gracias|grazie)\b/,
    'You are welcome. Is there anything else about Parley that you would like to know?',
  ),
  says(
    /^(?:bye|goodbye|good bye|good night|see you|tschuss|adieu|au revoir)\b/,
    'Goodbye! The conversation stays where it is; you can go on with it at any time.',
  ),
  says(
    /^(?:ok|okay|yes|no|cool|nice|great|wow|good|fine|sure)$/,
    'Good. Ask me *what can you do?* to go on.',
  ),
];

function tellTime(now: Date): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const date = now.toLocaleDateString('en-GB', { dateStyle: 'full', timeZone });
  const time = now.toLocaleTimeString('en-GB', { timeStyle: 'short', timeZone });
  return `It is ${time} on ${date}, by the clock of the machine I run on (${timeZone}).`;
}
