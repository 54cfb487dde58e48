/** Letters and digits with apostrophes inside; money signs are words too: they say what is meant. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*|\p{Sc}/gu;

/** Written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** The words of a text in lower case and order: `Tesla's 3 "Human-Resources"` → `tesla`, `3`, `human`, `resources`. */
export function wordsOf(text: string): string[] {
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
