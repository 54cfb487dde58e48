import { z } from 'zod';

/**
 * Characters that show nothing, or turn or move the text beside them: controls, format characters (bidi overrides and
 * isolates, zero-width characters, tags), line and paragraph separators, halves of surrogate pairs, private use, fillers.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}]/u;
/** Blanks that look like a space, or like none, and are another character. */
const ODD_BLANK = /[\u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}]/u;
const HIDDEN_OR_BLANK = new RegExp(`${HIDDEN.source}|${ODD_BLANK.source}|\\u{3000}`, 'gu');
/** Marks above and below one letter that no language puts there: they cover the lines around the name. */
const PILED_MARK = /(?<=\p{M}{6})\p{M}/u;
const PILED_MARKS = new RegExp(PILED_MARK.source, 'gu');
/**
 * Characters that join the parts of one emoji, or choose its picture, are visible as the emoji. Of flags made of tags there are three;
 * with any other tags it is a black flag.
 */
const EMOJI =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}|[0-9#*]\u{fe0f}\u{20e3}|\p{Extended_Pictographic}\p{Emoji_Modifier}?\u{fe0f}?(?:\u{200d}\p{Extended_Pictographic}\p{Emoji_Modifier}?\u{fe0f}?)*/gu;

/**
 * Text as every database and UTF-8 can hold it: NUL and halves of surrogate pairs become U+FFFD. PostgreSQL's text cannot
 * hold NUL.
 */
export function storableText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.replaceAll('\u0000', '\uFFFD');
}

/** An id that others give: 1 to `max` characters, each of which a database can hold, so that it stays the same id. */
export const storableId = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((id) => storableText(id) === id, 'has NUL or half of a surrogate pair');

/** `U+202E` */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The first character of a name that a person could not see, or take for another one, or that covers the text around it.
 * @param withLines whether line breaks and tabs are text
 */
export function findHidden(text: string, withLines = false): string | undefined {
  const [piled] = PILED_MARK.exec(text) ?? [];
  if (piled !== undefined) return piled;
  if (!HIDDEN.test(text) && !ODD_BLANK.test(text)) return undefined;
  const rest = text.replace(EMOJI, '');
  const plain = withLines ? rest.replace(/[\t\n]/g, '') : rest;
  return (HIDDEN.exec(plain) ?? ODD_BLANK.exec(plain))?.[0];
}

/**
 * A command, a path or the like with `\u{202e}` for each character that would not be seen, that turns others around, or
 * that looks like a space, and `⏎` for a line break: an approver must see the whole command.
 */
export function shownText(text: string): string {
  return text.replace(HIDDEN_OR_BLANK, (character) =>
    character === '\n' ? '⏎' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

const refusingHidden =
  (withLines: boolean) =>
  (text: string, context: z.RefinementCtx): void => {
    const hidden = findHidden(text, withLines);
    if (hidden === undefined) return;
    const message = `has the character ${codePointName(hidden)}, which is not visible as itself`;
    context.addIssue({ code: 'custom', message });
  };

/** A name in one line, as everybody who gives one has to write it: trimmed, 1 to `max` characters, each of them visible. */
export const nameText = (max: number) => z.string().trim().min(1).max(max).superRefine(refusingHidden(false));

/** A description: as `nameText`, with line breaks and tabs, and perhaps empty. */
export const visibleText = (max: number) => z.string().max(max).superRefine(refusingHidden(true));

/**
 * A name where it is too late to refuse it, since it stands in stored or sent data: each invisible character
 * becomes U+FFFD.
 */
export const shownName = (max: number) =>
  z
    .string()
    .max(max)
    .overwrite((name) => withoutHidden(name, '\uFFFD'));

/**
 * The text with `by` for each hidden character, a space for each line break and confusable blank, and no more marks on a
 * letter than can be told apart.
 */
export function withoutHidden(given: string, by: string): string {
  if (findHidden(given) === undefined) return given;
  const text = given.replace(PILED_MARKS, '');
  let cleaned = '';
  let end = 0;
  const clean = (part: string): string =>
    part.replace(HIDDEN_OR_BLANK, (character) => (/\s/.test(character) ? ' ' : by));
  for (const { 0: emoji, index } of text.matchAll(EMOJI)) {
    cleaned += clean(text.slice(end, index)) + emoji;
    end = index + emoji.length;
  }
  return cleaned + clean(text.slice(end));
}

/** Letters of other scripts that look like a Latin one, in lower case, and that one. */
const LOOKALIKES = new Map(
  Object.entries({
    ...{
      а: 'a',
      в: 'b',
      е: 'e',
      ё: 'e',
      к: 'k',
      м: 'm',
      н: 'h',
      о: 'o',
      р: 'p',
      с: 'c',
      т: 't',
      у: 'y',
      х: 'x',
    },
    ...{ ѕ: 's', і: 'i', ї: 'i', ј: 'j', һ: 'h', ԁ: 'd', ԛ: 'q', ԝ: 'w', ӏ: 'l' },
    ...{
      α: 'a',
      β: 'b',
      ε: 'e',
      ζ: 'z',
      η: 'n',
      ι: 'i',
      κ: 'k',
      μ: 'm',
      ν: 'v',
      ο: 'o',
      ρ: 'p',
      τ: 't',
      υ: 'u',
      χ: 'x',
    },
    ...{ ı: 'i', ɑ: 'a', ɡ: 'g' },
  }),
);

/**
 * Names with the same key look alike: it leaves out case, the kind and number of blanks, compatibility forms such as
 * `Ｅｃｈｏ`, variation selectors of emoji, and Cyrillic or Greek letters in the place of Latin ones.
 */
export function lookalikeKey(name: string): string {
  const folded = name.normalize('NFKC').toLowerCase().replaceAll('\ufe0f', '').trim().replace(/\s+/g, ' ');
  return Array.from(folded, (letter) => LOOKALIKES.get(letter) ?? letter).join('');
}
