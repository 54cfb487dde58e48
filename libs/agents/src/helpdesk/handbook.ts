import { readdirSync, readFileSync } from 'node:fs';
import { stemmer } from '@orama/stemmers/english';
import MiniSearch from 'minisearch';

/** A piece of a handbook, as it is cited: `Leave › How to request leave`. */
export interface Section {
  readonly page: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

export interface Handbook {
  /** The sections that answer a question, best first, at most three; none when nothing in the handbook does. */
  search(question: string): readonly Section[];
}

/**
 * Reads all Markdown files of a folder: `#` is the page, each `##` a section, and `<!-- also: … -->` holds other words
 * for what the section is about.
 */
export function readHandbook(folder: URL): Handbook {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  return createHandbook(
    files.sort().flatMap((name) => sectionsOf(readFileSync(new URL(name, folder), 'utf8'))),
  );
}

interface IndexedSection extends Section {
  readonly also: string;
}

export function createHandbook(sections: readonly IndexedSection[]): Handbook {
  const index = new MiniSearch<IndexedSection & { id: number }>({
    fields: ['title', 'also', 'text', 'page'],
    tokenize: wordsOf,
    processTerm: toTerm,
  });
  index.addAll(sections.map((section, id) => ({ ...section, id })));
  return {
    search(said) {
      const question = said.slice(0, MAX_QUESTION);
      const wanted = new Set(wordsOf(question).flatMap((word) => toTerm(word) ?? []));
      if (wanted.size === 0) return [];
      const found = index.search(question, {
        boost: { title: 3, also: 2.5, page: 1.5, text: 1 },
        fuzzy: (term) => (term.length > 5 ? 1 : false),
      });
      const best = found[0]?.score ?? 0;
      return found
        .filter(({ score, queryTerms, match }) => {
          const fields = Object.values(match).flat();
          const covered = queryTerms.length / wanted.size;
          const isAnswer = fields.includes('title')
            ? covered >= MIN_COVERED_BY_TITLE
            : fields.includes('also') && covered >= MIN_COVERED;
          return isAnswer && score >= best * MIN_OF_BEST;
        })
        .slice(0, MAX_FOUND)
        .flatMap(({ id }) => sections[id as number] ?? []);
    },
  };
}

/** Longest part of a question that is read, in UTF-16 code units: fuzzy search takes time. */
const MAX_QUESTION = 1000;
const MAX_WORD = 32;

/** At least this part of the question's words stands in the section: else it is about something else. */
const MIN_COVERED = 0.5;
const MIN_COVERED_BY_TITLE = 0.33;
const MIN_OF_BEST = 0.8;
const MAX_FOUND = 3;

export function sectionsOf(markdown: string): IndexedSection[] {
  const page = /^# (.+)$/m.exec(markdown)?.[1]?.trim() ?? '';
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const body = lines.join('\n');
      const also = [...body.matchAll(ALSO)].map(([, words]) => words).join(' ');
      return {
        page,
        title: title.trim(),
        also,
        text: body
          .replace(ALSO, '')
          .replace(/\s*\n\s*/g, ' ')
          .trim(),
      };
    });
}

const ALSO = /<!-- also:([\s\S]*?)-->/g;

function wordsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replace(/['’]s\b/g, '')
      .match(/\p{L}+|\p{N}+/gu) ?? []
  );
}

function toTerm(word: string): string | undefined {
  return STOP_WORDS.has(word) || word.length < 2 || word.length > MAX_WORD ? undefined : stemmer(word);
}

const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about after again all am an and any anybody are as at be because been before being but by can cannot could day days did do does ' +
    'doing don done each else for from get getting give go going got had has have having he help her here hi him his how if in into is it ' +
    'its just know let like ll long many may me might more most much must my need no not now of off on one only or our out over per please ' +
    'question re rule rules same she should show so some somebody something such take tell than thank thanks that the their them then ' +
    'there these they thing things this those to too under up us use ve very want was we were what when where which while who whom whose ' +
    'why will with work would yes you your'
  ).split(' '),
);
