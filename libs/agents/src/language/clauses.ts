const BEGINNINGS =
  "i|i'm|im|i've|we|my|our|what|what's|whats|how|can|could|is|are|please|tell|show|got|spent|paid|bought|ran|walked|ich|mein|wie|was";

const MONTHS =
  'january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember';

const BOUNDARY = new RegExp(
  String.raw`(?<=[!?;])\s+|(?<=\p{L}\p{L}|\d|[€$£)"])\.\s+(?!(?:${MONTHS})\b)|\n+|,?\s+(?:and|but|then|also|und|aber)\s+(?=(?:${BEGINNINGS})\b)|,\s+(?=(?:${BEGINNINGS})\b)`,
  'iu',
);

/** The things said in a text, one after another: `My budget is 50 € and I spent 20.` are two. */
export function splitClauses(text: string): string[] {
  return text
    .slice(0, MAX_LENGTH)
    .replace(/[‘’]/g, "'")
    .replace(/[^\S\n]+/g, ' ')
    .split(BOUNDARY)
    .map((clause) =>
      clause
        .slice(0, MAX_CLAUSE)
        .trim()
        .replace(/[.;]+$/, ''),
    )
    .filter((clause) => clause !== '')
    .slice(0, MAX_CLAUSES);
}

/** Longest part of a message that rules read, in UTF-16 code units; nobody writes more about a budget. */
const MAX_LENGTH = 4000;
const MAX_CLAUSES = 20;
/** The rules' patterns look for words behind words: a longer clause would block the process. */
const MAX_CLAUSE = 500;

const QUESTION =
  /^(?:so |and |but |ok |okay |please |then )?(?:what|what's|whats|how|can|could|may|might|do|does|did (?=(?:i|we|you|he|she|it|they|the|my|our|that|this|any\w*|some\w*)\b)|is|are|was|were|am|will|would|should|shall|which|who|when|where|why|wie|was|kann|darf|wer|wann|wo)\b/i;

export function isQuestion(clause: string): boolean {
  return clause.endsWith('?') || QUESTION.test(clause);
}

/** Whether it says that something did not happen, or only might: nothing to take note of. */
export function isNotSo(clause: string): boolean {
  return /\b(?:not|never|didn't|didnt|don't|dont|won't|haven't|havent|nicht|kein\w*|if|might|maybe|perhaps|would)\b/i.test(
    clause,
  );
}

/** A greeting, a call for help, or a question about the agent's abilities, and nothing else. */
export function asksForHelp(clause: string): boolean {
  const words = clause
    .toLowerCase()
    .replace(/[^\p{L}'\s]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return HELP.test(words);
}

const HELP =
  /^(?:(?:hi|hey|hello|hallo|good (?:morning|afternoon|evening|day)|moin|servus|bonjour|hola)(?: there| all| everyone| \p{L}+)?)$|^(?:help|help me|hilfe)$|\b(?:what|how) (?:can|could|do) you (?:do|help|know|offer|answer)\b|\bwho are you\b|\bwhat are you\b/u;

/** Without the `@Finance` at the beginning with which a person addresses an agent. */
export function withoutMention(text: string): string {
  return text.replace(/^\s*@(?:"[^"\n]{1,64}"|“[^”\n]{1,64}”|[\p{L}\p{N}._-]{1,64})[,:]?\s+/u, '');
}
