/** Set with the sentences of eval/routing/tuning.tsv; `npm run eval:routing` says what they are worth. */
export const WEIGHTS = {
  /** What a word is worth in each part of a profile. */
  keywords: 2.5,
  examples: 1,
  description: 1,
  /** BM25+: how soon repetition stops to count; how much a long profile is held against it; what any match is worth. */
  bm25: { k: 1.2, b: 0.2, d: 0.5 },
  /** What speaks for the best other profile, against this one. */
  rival: 0.6,
  /** A word that stands in no profile. */
  unknown: 0.45,
  /** Doubt that is always left. */
  doubt: 0.5,
};
