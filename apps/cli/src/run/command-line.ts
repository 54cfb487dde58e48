/** What needs no quotes in any shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * One line of the words that the terminal's shell has taken apart already: several are quoted so that they come out as they
 * are; a single one is the command line itself.
 */
export function commandLineOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
