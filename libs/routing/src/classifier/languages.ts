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

export interface Language {
  readonly name: string;
  /** Without the ending: `budgets` and `budget` are one stem. Lower case in, lower case out. */
  readonly stem: (word: string) => string;
  /** Words that tell nothing about what a text is about. */
  readonly stopWords: ReadonlySet<string>;
}

/** What people ask anybody with; says nothing about whom. */
const ENGLISH_ASKING =
  'a please want wants wanted would like need needs get gets got give tell show let make take takes also just could ' +
  'may might much many one thing things something anything really new good way use used using put go going come ' +
  "know think look find see say dont cant im id ive whats it's i'm";
const GERMAN_ASKING = 'bitte möchte möchten will kannst gib zeig sag gerne mal heute viele geht gibt';

const KEPT_STEMS = 5000;
/** No word of any language is longer; what is has no ending to take off. */
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

export const ENGLISH: Language = {
  name: 'english',
  stem: quickly(stemEnglish),
  stopWords: new Set([...english, ...ENGLISH_ASKING.split(' ')]),
};

/** English first: it is taken where nothing speaks for another one. */
export const LANGUAGES: readonly Language[] = [
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
export function languageOf(words: readonly string[]): Language {
  const counts = LANGUAGES.map(() => 0);
  for (const word of words) {
    for (const index of STOP_WORDS.get(word) ?? []) counts[index] = (counts[index] ?? 0) + 1;
  }
  return LANGUAGES[counts.indexOf(Math.max(...counts))] ?? ENGLISH;
}
