import classes from './long-text.module.css';
import { textPieces } from './text-pieces.ts';

/** Characters of a text that are shown at most; the copy button of its container copies the whole text. */
const MOST_CHARACTERS = 200_000;

/** Plain text in pieces that a browser lays out quickly. The parent element must preserve white space. */
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
