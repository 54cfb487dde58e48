/**
 * Characters that move the cursor, change a terminal, or turn the direction of the text beside them. Line breaks and
 * tabs are text, and so are the characters that join letters and emoji.
 */
const ACTING =
  /[[\p{Cc}--[\t\n]]\p{Zl}\p{Zp}\p{Bidi_Control}\u{200b}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]/gv;

/** The text with `\u001b` for each of them, as JSON writes it: inside a string of JSON the value stays. */
export function escapeActing(text: string): string {
  return text.replace(ACTING, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** What JSON has escaped already and a reader of its strings would see act: not `\n` and `\t`. */
const ESCAPED = /\\\\|\\(u[0-9a-f]{4}|[rbf])/gi;

/** A line of JSON in whose strings a reader finds `\u001b` as these six characters instead of the one that acts. */
export function escapeActingInJson(line: string): string {
  return escapeActing(line).replace(ESCAPED, (found, code: string | undefined) =>
    code === undefined ? found : `\\\\${code}`,
  );
}
