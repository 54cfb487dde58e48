import { SMALL_TALK } from './small-talk.ts';

const GREETING =
  /^(?:(?:hi|hey|hello|hallo|howdy|greetings|hola|bonjour|salut|ciao|moin|servus|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|everybody|assistant|parley))?(?: |$))+/;

const WELCOME =
  'Hello! No language model is switched on, so I answer by simple offline rules. You can ask me *what is Parley?*, ' +
  '*what can you do?*, *how do I add an agent?*, *how do I switch on a language model?* or *what time is it?*';

const HOW_TO_SWITCH_ON = 'Set `MISTRAL_API_KEY` to switch a language model on, or ask me *what can you do?*';

const MAX_QUOTE_LENGTH = 200;

/** An answer by rules: words are compared, nothing is understood, and a text that fits no rule gets an answer that says so. */
export function answerOffline(text: string, now: Date): string {
  const words = wordsOf(text);
  const question = words.replace(GREETING, '');
  if (question === '') return words === '' ? `There were no words in that. ${HOW_TO_SWITCH_ON}` : WELCOME;
  const rule = SMALL_TALK.find(({ pattern }) => pattern.test(question));
  const answer = rule === undefined ? admitIgnorance(text, question) : rule.answer(now);
  return question === words ? answer : `Hello! ${answer}`;
}

/** Lower case, words of letters and digits with one space between, so that patterns need not care. */
function wordsOf(text: string): string {
  return (
    text
      .slice(0, 2000)
      .toLowerCase()
      .replace(/[’']/g, '')
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? ''
  );
}

const QUESTION =
  /^(?:who|what|whats|when|where|which|why|how|is|are|am|was|were|do|does|did|can|could|will|would|should|may|have|has|had|tell|explain)\b/;

function admitIgnorance(text: string, words: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const quote = line.length > MAX_QUOTE_LENGTH ? `${line.slice(0, MAX_QUOTE_LENGTH)}…` : line;
  if (text.includes('?') || QUESTION.test(words)) {
    return `> ${quote}\n\nI cannot answer that offline: I follow a few rules and know nothing of the world. ${HOW_TO_SWITCH_ON}`;
  }
  return `> ${quote}\n\nI have read it, but my offline rules have nothing to say about it. ${HOW_TO_SWITCH_ON}`;
}
