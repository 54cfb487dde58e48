import { LANGUAGES, type Language, languageOf } from './languages.ts';
import { wordsOf } from './words.ts';

/** Words of a text that are looked at: what somebody wants stands in these, the rest is material. */
const MAX_WORDS = 200;

export interface AnalysedText {
  readonly language: Language;
  /** All words without their endings, in order. */
  readonly stems: readonly string[];
  /** Those that tell what the text is about: no stop words, no numbers; each with the word that it stands for. */
  readonly content: ReadonlyMap<string, string>;
}

export function analyseText(text: string): AnalysedText {
  // Words are short: this is more than enough for MAX_WORDS, and keeps the cost of a long text bounded.
  const words = wordsOf(text.slice(0, MAX_WORDS * 20)).slice(0, MAX_WORDS);
  const language = languageOf(words);
  const stems = words.map((word) => stemOf(word, language));
  const content = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    if (isContent(word, language)) content.set(stems[index] as string, word);
  }
  return { language, stems, content };
}

/**
 * A keyword as the terms by which it is found, one for each language: the endings that are taken off depend on it, and
 * `cardio` without its Italian ending must not be found in an English `card`.
 */
export function keywordTerms(keyword: string): string[] {
  const words = wordsOf(keyword);
  if (words.length === 0) return [];
  return LANGUAGES.map((language) =>
    keywordTerm(language, words.map((word) => stemOf(word, language)).join(' ')),
  );
}

/** How stems of a text are looked for among the keywords. */
export const keywordTerm = (language: Language, phrase: string): string => `${language.name}:${phrase}`;

/** Runs of up to `longest` words, joined by a space. */
export function phrasesOf(stems: readonly string[], longest: number): string[] {
  const phrases: string[] = [];
  for (let start = 0; start < stems.length; start++) {
    let phrase = stems[start] as string;
    phrases.push(phrase);
    for (let end = start + 1; end < stems.length && end < start + longest; end++) {
      phrase += ` ${stems[end]}`;
      phrases.push(phrase);
    }
  }
  return phrases;
}

function stemOf(word: string, language: Language): string {
  // Kept whole, and apart from stems: `at` is not `ate` without its ending.
  if (language.stopWords.has(word)) return `=${word}`;
  // French and Italian: l'heure, dell'anno; what is left of the apostrophe is an article.
  const bare = word.includes("'") ? word.replace(/^.*'(?=\p{L}{3})/u, '') : word;
  return language.stem(bare);
}

function isContent(word: string, language: Language): boolean {
  return !language.stopWords.has(word) && !/^\p{N}+$/u.test(word);
}
