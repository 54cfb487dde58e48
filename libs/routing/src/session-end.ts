/**
 * "End" as people write it when they are done, one language a line. Italian stands apart: see `WORDS_IN_CAPITALS`.
 * Compared as a whole message, in NFKC and lower case.
 */
const WORDS = new Set([
  'end', // English
  'ende', // German
  'fin', // French, Spanish
  'fim', // Portuguese
  'fi', // Catalan
  'einde', // Dutch
  'slut', // Swedish, Danish
  'slutt', // Norwegian
  'loppu', // Finnish
  'lõpp', // Estonian
  'koniec', // Polish, Slovak
  'konec', // Czech, Slovenian
  'kraj', // Croatian, Bosnian
  'vége', // Hungarian
  'sfârșit', // Romanian
  'bitir', // Turkish
  'τέλος', // Greek
  'конец', // Russian
  'кінець', // Ukrainian
  'край', // Bulgarian
  'крај', // Serbian
  'סוף', // Hebrew
  'نهاية', // Arabic
  'پایان', // Persian
  'समाप्त', // Hindi
  'จบ', // Thai
  'kết thúc', // Vietnamese
  'selesai', // Indonesian, Malay
  '終了', // Japanese
  '終わり',
  'おわり',
  '结束', // Chinese
  '結束',
  '종료', // Korean
  '끝',
]);

/** Words that say something else in lower case in another language: “Fine.” is how an Englishman agrees. */
const WORDS_IN_CAPITALS = new Set(['FINE']);

/** Longer than each of the words with any amount of punctuation that a person would put around it. */
const LONGEST = 64;

/** Not part of a longer word, nor of `YEAR-END` or `-----END CERTIFICATE-----`. */
const TOKEN = /(?<![\p{L}\p{M}\p{N}_-])END(?![\p{L}\p{M}\p{N}_-])/u;

/**
 * Whether the person ends the session with an agent: the whole message is the word for it, in any of some thirty
 * languages, without regard to case and punctuation; or it contains END in capitals as a word of its own.
 */
export function isSessionEnd(text: string): boolean {
  return TOKEN.test(text) || isEndWord(text.trim());
}

function isEndWord(text: string): boolean {
  if (text.length > LONGEST) return false;
  const words = (text.normalize('NFKC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).join(' ');
  return WORDS.has(words.toLowerCase()) || WORDS_IN_CAPITALS.has(words);
}
