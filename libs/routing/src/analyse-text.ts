import { stemmer as stemDutch } from '@orama/stemmers/dutch';
import { stemmer as stemEnglish } from '@orama/stemmers/english';
import { stemmer as stemFrench } from '@orama/stemmers/french';
import { stemmer as stemGerman } from '@orama/stemmers/german';
import { stemmer as stemItalian } from '@orama/stemmers/italian';
import { stemmer as stemPortuguese } from '@orama/stemmers/portuguese';
import { stemmer as stemSpanish } from '@orama/stemmers/spanish';
import { stopwords as dutch } from '@orama/stopwords/dutch';
import { stopwords as english } from '@orama/stopwords/english';
import { stopwords as french } from '@orama/stopwords/french';
import { stopwords as german } from '@orama/stopwords/german';
import { stopwords as italian } from '@orama/stopwords/italian';
import { stopwords as portuguese } from '@orama/stopwords/portuguese';
import { stopwords as spanish } from '@orama/stopwords/spanish';

/** Words of a text that are analysed: the wish stands in these, the rest is material. */
const MAX_WORDS = 200;

interface AnalysedText {
  readonly language: Language;
  /** All words without their endings, in order. */
  readonly stems: readonly string[];
  /** Those that tell the text's subject: no stop words, no numbers; each with the word that it stands for. */
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
  // French and Italian: l'heure, dell'anno; the part before the apostrophe is an article.
  const bare = word.includes("'") ? word.replace(/^.*'(?=\p{L}{3})/u, '') : word;
  return language.stem(bare);
}

function isContent(word: string, language: Language): boolean {
  return !language.stopWords.has(word) && !/^\p{N}+$/u.test(word);
}

interface Language {
  readonly name: string;
  /** Without the ending: `budgets` and `budget` are one stem. Lower case in, lower case out. */
  readonly stem: (word: string) => string;
  /** Words that tell nothing about a text's subject. */
  readonly stopWords: ReadonlySet<string>;
}

/** Words of any request; they do not tell which agent is meant. */
const ENGLISH_ASKING =
  'a please want wants wanted would like need needs get gets got give tell show let make take takes also just could ' +
  'may might much many one thing things something anything really new good way use used using put go going come ' +
  "know think look find see say dont cant im id ive whats it's i'm";
const GERMAN_ASKING = 'bitte möchte möchten will kannst gib zeig sag gerne mal heute viele geht gibt';

const KEPT_STEMS = 5000;
/** No word of any language is longer: longer strings are not stemmed. */
const LONGEST_WORD = 64;

/** A stemmer tries some sixty patterns, and most words of a text have come before: their stems are kept. */
function quickly(stem: (word: string) => string): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    if (word.length > LONGEST_WORD) return word;
    let found = known.get(word);
    if (found === undefined) {
      if (known.size === KEPT_STEMS) known.clear();
      found = stem(word);
      known.set(word, found);
    }
    return found;
  };
}

const ENGLISH: Language = {
  name: 'english',
  stem: quickly(stemEnglish),
  stopWords: new Set([...english, ...ENGLISH_ASKING.split(' ')]),
};

/** English first: it is taken where nothing speaks for another one. */
const LANGUAGES: readonly Language[] = [
  ENGLISH,
  { name: 'german', stem: quickly(stemGerman), stopWords: new Set([...german, ...GERMAN_ASKING.split(' ')]) },
  { name: 'french', stem: quickly(stemFrench), stopWords: new Set(french) },
  { name: 'spanish', stem: quickly(stemSpanish), stopWords: new Set(spanish) },
  { name: 'italian', stem: quickly(stemItalian), stopWords: new Set(italian) },
  { name: 'portuguese', stem: quickly(stemPortuguese), stopWords: new Set(portuguese) },
  { name: 'dutch', stem: quickly(stemDutch), stopWords: new Set(dutch) },
];

/** The places in `LANGUAGES` of those that have the word as a stop word. */
const STOP_WORDS = new Map<string, number[]>();
for (const [index, { stopWords }] of LANGUAGES.entries()) {
  for (const word of stopWords) STOP_WORDS.set(word, [...(STOP_WORDS.get(word) ?? []), index]);
}

/** The language whose stop words make up most of the words; English when in doubt. */
function languageOf(words: readonly string[]): Language {
  const counts = LANGUAGES.map(() => 0);
  for (const word of words) {
    for (const index of STOP_WORDS.get(word) ?? []) counts[index] = (counts[index] ?? 0) + 1;
  }
  return LANGUAGES[counts.indexOf(Math.max(...counts))] ?? ENGLISH;
}

/** Letters and digits with apostrophes inside; money signs are words too: they carry meaning. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*|\p{Sc}/gu;

/** Written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** The words of a text in lower case and order: `Tesla's 3 "Human-Resources"` → `tesla`, `3`, `human`, `resources`. */
function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  const words = plain.match(WORD) ?? [];
  // Looked for in the whole first: most texts have neither.
  if (!plain.includes("'") && !UNSPACED.test(plain)) return words;
  return words.flatMap((word) => (UNSPACED.test(word) ? segmentsOf(word) : word.replace(/'s$/, '')));
}

function segmentsOf(run: string): string[] {
  const words: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(run)) if (isWordLike === true) words.push(segment);
  return words;
}
