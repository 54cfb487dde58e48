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

export const ENGLISH: Language = {
  name: 'english',
  stem: stemEnglish,
  stopWords: new Set([...english, ...ENGLISH_ASKING.split(' ')]),
};

/** English first: it is taken where nothing speaks for another one. */
export const LANGUAGES: readonly Language[] = [
  ENGLISH,
  { name: 'german', stem: stemGerman, stopWords: new Set([...german, ...GERMAN_ASKING.split(' ')]) },
  { name: 'french', stem: stemFrench, stopWords: new Set(french) },
  { name: 'spanish', stem: stemSpanish, stopWords: new Set(spanish) },
  { name: 'italian', stem: stemItalian, stopWords: new Set(italian) },
  { name: 'portuguese', stem: stemPortuguese, stopWords: new Set(portuguese) },
  { name: 'dutch', stem: stemDutch, stopWords: new Set(dutch) },
];

/** The language whose stop words make up most of the words; English when in doubt. */
export function languageOf(words: readonly string[]): Language {
  let best = ENGLISH;
  let most = 0;
  for (const language of LANGUAGES) {
    let count = 0;
    for (const word of words) if (language.stopWords.has(word)) count += 1;
    if (count > most) {
      most = count;
      best = language;
    }
  }
  return best;
}
