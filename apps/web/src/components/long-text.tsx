import classes from './long-text.module.css';
import { textPieces } from './text-pieces.ts';

/** More than this of one text is not shown: what holds it can be copied whole. */
const MOST_CHARACTERS = 200_000;

/** Text as it was written, in pieces that a browser lays out quickly. To be put where white space is kept. */
export function LongText({ text }: { text: string }) {
  const pieces = textPieces(text.slice(0, MOST_CHARACTERS));
  const left = text.length - MOST_CHARACTERS;
  if (pieces.length <= 1) return text;
  return (
    <>
      {pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece keeps its place, text is only ever added at the end
        <span key={index} className={classes.piece}>
          {piece}
        </span>
      ))}
      {left > 0 ? (
        <span className={classes.left}>… and {left.toLocaleString('en')} more characters</span>
      ) : null}
    </>
  );
}
