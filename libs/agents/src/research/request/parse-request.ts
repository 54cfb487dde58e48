import { MEASURES, type Measure } from '../figures/measure.ts';
import type { Company } from './company.ts';
import { measuresIn } from './measures-in.ts';
import { LAST_MONTH } from './period.ts';
import { periodIn } from './period-in.ts';
import { queriesIn } from './queries-in.ts';
import type { ResearchRequest } from './research-request.ts';
import { unknownWords } from './words.ts';

export interface ParseOptions {
  readonly companies: readonly Company[];
  /** CSV files beside the prices, by name. */
  readonly files: readonly string[];
  /** `2026-11-20`: tells the year of a date without one. */
  readonly today: string;
  /** The request being refined: it supplies everything that the text leaves out. */
  readonly before?: ResearchRequest | undefined;
}

/** Longest part of a text that the rules read, in UTF-16 code units. */
const MAX_LENGTH = 2000;
const MAX_SYMBOLS = 8;

/** The understood and the unclear parts of a request. */
export interface ParsedRequest extends ResearchRequest {
  /** Whether the rules understand a wish in the text itself; in a refinement they may not. */
  readonly isUnderstood: boolean;
}

export function parseRequest(text: string, options: ParseOptions): ParsedRequest {
  const { companies, files, today, before } = options;
  const pages = cut(clean(text), /\bhttps?:\/\/[^\s<>"')\]]+/giu);
  const queries = queriesIn(pages.rest, files);
  const calculations = cut(
    queries.rest,
    /(?:\b(?:calculate|compute|what is|what's|how much is)\s+)((?=[^,;?\n]*\d)[\d.(\-+][\d\s.+\-*/^%()]{0,498}[\d)%])/giu,
  );
  const notes = cut(
    calculations.rest,
    /(?:\b(?:please )?(?:note|remember)(?: that|:)\s*)([^.;\n]{1,1000})/giu,
  );
  const period = periodIn(notes.rest, today);
  const withoutPeriod = period === undefined ? notes.rest : notes.rest.replace(period.words, ' ; ');
  const excluded = cut(
    withoutPeriod,
    /\b(?:without|except(?: for)?|excluding|leave out|leaving out|ignore|ignoring|omit)\s+((?:(?!\bfor\b)[^.;])+)/giu,
  );
  const left = excluded.found.map((part) => ({ ...symbolsIn(part, companies), ...measuresIn(part) }));
  const named = symbolsIn(excluded.rest, companies);
  const measured = measuresIn(named.rest);
  const notUnderstood = [
    ...unknownWords(measured.rest),
    ...excluded.found.flatMap((part) => unknownWords(measuresIn(symbolsIn(part, companies).rest).rest)),
  ];
  const isShort = /\b(?:shorter|shorten|short|brief(?:ly)?|concise(?:ly)?|compact|one sentence)\b/iu.test(
    text,
  );
  const without = (values: readonly string[], key: 'symbols' | 'measures'): string[] =>
    values.filter((value) => !left.some((each) => (each[key] as readonly string[]).includes(value)));
  const all =
    /\b(?:all|every|each|which|what)(?: of)?(?: the| these)? (?:stocks?|shares?|compan(?:y|ies))\b/iu.test(
      excluded.rest,
    );
  const wanted = named.symbols.length === 0 && all ? companies.map(({ symbol }) => symbol) : named.symbols;
  const isUnderstood =
    [wanted, measured.measures, pages.found, notes.found, queries.found, calculations.found, left].some(
      (each) => each.length > 0,
    ) ||
    period !== undefined ||
    isShort;
  return {
    symbols: without(wanted.length > 0 ? wanted : (before?.symbols ?? []), 'symbols').slice(0, MAX_SYMBOLS),
    measures: without(chooseMeasures(measured.measures, before), 'measures') as Measure[],
    period: period?.value ?? before?.period ?? LAST_MONTH,
    calculations: [...(before?.calculations ?? []), ...calculations.found].slice(-10),
    pages: [...(before?.pages ?? []), ...pages.found].slice(-5),
    queries: [...(before?.queries ?? []), ...queries.found].slice(-10),
    notes: notes.found.slice(-10),
    work: [],
    isShort: isShort || (before?.isShort ?? false),
    notUnderstood,
    isUnderstood,
  };
}

function chooseMeasures(named: readonly Measure[], before: ResearchRequest | undefined): readonly Measure[] {
  if (named.length > 0) return named;
  return before !== undefined && before.measures.length > 0 ? before.measures : MEASURES;
}

const clean = (text: string): string =>
  text
    .slice(0, MAX_LENGTH)
    .replace(/[‘’]/g, "'")
    .replace(/\s+/g, ' ')
    .replace(/^\s*@(?:"[^"]{1,64}"|[\p{L}\p{N}._-]{1,64})[,:]?\s+/u, '');

/** The matches of a pattern, its group or else all of it, and the text without them. */
function cut(text: string, pattern: RegExp): { found: string[]; rest: string } {
  const found: string[] = [];
  const rest = text.replace(pattern, (...match: unknown[]) => {
    const [whole, group] = match;
    const part = (typeof group === 'string' ? group : String(whole))
      .replace(/(?:[.,;\s]|\s(?:and|und|then))+$/i, '')
      .trim();
    // Nothing may be left of it where another pattern has taken its words.
    if (part !== '') found.push(part);
    return ' ; ';
  });
  return { found, rest };
}

/** The shares that a text names, in its order, and the text without them. */
function symbolsIn(text: string, companies: readonly Company[]): { symbols: string[]; rest: string } {
  const found: { symbol: string; at: number }[] = [];
  let rest = text;
  for (const { pattern, symbol } of companies.flatMap(namesOf)) {
    rest = rest.replace(pattern, (words: string, at: number) => {
      found.push({ symbol, at });
      // Of the same length, so that the others stay where they are.
      return ' '.repeat(words.length);
    });
  }
  const inOrder = found.toSorted((a, b) => a.at - b.at).map(({ symbol }) => symbol);
  return { symbols: [...new Set(inOrder)], rest };
}

function namesOf({ symbol, name, also }: Company): { pattern: RegExp; symbol: string }[] {
  const named = [name, ...also]
    .toSorted((a, b) => b.length - a.length)
    .map((each) => ({ pattern: wholeWord(each, each.length > 3 ? 'giu' : 'gu'), symbol }));
  // Short symbols are ordinary words in lower case.
  return [...named, { pattern: wholeWord(symbol, symbol.length > 3 ? 'giu' : 'gu'), symbol }];
}

const wholeWord = (name: string, flags: string): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}.])\$?${escapePattern(name)}(?:['’]s|['’])?(?![\p{L}\p{N}])`, flags);

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
