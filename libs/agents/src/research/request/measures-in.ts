import { MEASURES, type Measure } from '../figures/measure.ts';

/** Specific patterns stand before general ones: `average volume` is no average price. */
const WORDS: readonly (readonly [Measure, RegExp])[] = [
  [
    'drawdown',
    /\bdraw[- ]?downs?\b|\b(?:biggest|largest|worst|deepest|maximum|max) (?:loss|drop|fall|decline)\b/giu,
  ],
  [
    'volume',
    /\b(?:average |mean |trading |traded |daily )*volumes?\b|\bhandelsvolumen\b|\bturnover\b|\bliquidity\b/giu,
  ],
  ['average', /\b(?:average|mean) (?:closing |stock |share )?(?:price|close|closing)s?\b/giu],
  [
    'volatility',
    /\bvolatil\p{L}*|\bschwank\p{L}*|\brisk(?:s|y|iest|ier)?\b|\bfluctuat\w*\b|\bswings?\b|\bstabl[ey]\b|\bstability\b|\bstandard deviation\b/giu,
  ],
  ['range', /\b(?:highs?|lows?|highest|lowest|peaks?|trading range|price range|maximum|minimum)\b/giu],
  [
    'return',
    /\breturns?\b|\brenditen?\b|\b(?:gain|loss)(?:es|s|ed)?\b|\bgrowth\b|\bgrew\b|\bgrown\b|\b(?:rise|rose|risen|fall|fell|fallen)\b|\bprice changes?\b|\bchanged?\b|\btrends?\b|\bdevelop(?:ed|ment)\b/giu,
  ],
];

/** All of them are meant. */
const EVERYTHING =
  /\b(?:all|every|each|the (?:key|main|usual)) (?:measures?|figures?|numbers?|metrics?|statistics)\b/giu;

/** The measures that a text names, and the text without these words. */
export function measuresIn(text: string): { measures: Measure[]; rest: string } {
  const found = new Set<Measure>();
  let rest = text.replace(EVERYTHING, () => {
    for (const measure of MEASURES) found.add(measure);
    return ' ';
  });
  for (const [measure, pattern] of WORDS) {
    rest = rest.replace(pattern, () => {
      found.add(measure);
      return ' ';
    });
  }
  return { measures: MEASURES.filter((measure) => found.has(measure)), rest };
}
