/**
 * A browser's time to lay out one paragraph grows with the square of its length where accents are stacked, writing
 * directions alternate or a script has no spaces: 60,000 such characters hold the page for ten seconds, pieces of this
 * many for half a second altogether.
 */
export const LONGEST_RUN = 4000;

/** Cuts text into pieces of at most `LONGEST_RUN` characters, at the end of a line or a word where there is one. */
export function textPieces(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > LONGEST_RUN) {
    const window = rest.slice(0, LONGEST_RUN);
    const end = window.lastIndexOf('\n') + 1 || window.lastIndexOf(' ') + 1 || wholeCharacters(window);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

const wholeCharacters = (text: string): number =>
  /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length;
