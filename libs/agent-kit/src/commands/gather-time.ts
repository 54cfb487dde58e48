/** In milliseconds: at first output is seen at once; in a long run it is no flood of messages. */
const FIRST_MS = 25;
const MOST_MS = 30_000;
/** After so many pieces more, pieces are gathered twice as long. */
const DOUBLE_AFTER = 1024;

/**
 * How long output is gathered into the next piece when so many were made before, in milliseconds. A server keeps 16,384
 * pieces of one command: a program that prints a little without end reaches that after a day, not after minutes.
 */
export function gatherMs(pieces: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.floor(pieces / DOUBLE_AFTER));
}
