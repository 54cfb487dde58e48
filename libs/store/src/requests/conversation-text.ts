import { withoutHidden } from '@parley/shared-models';

const TITLE_LENGTH = 80;
const PREVIEW_LENGTH = 140;

/** A conversation's title from its first message: the first line that says something. */
export function titleOf(text: string): string {
  const line = text.trimStart().split(/[\r\n]/, 1)[0] ?? '';
  return shorten(line, TITLE_LENGTH) || 'New conversation';
}

/** The beginning of a message, in one line. */
export function previewOf(text: string): string {
  return shorten(text, PREVIEW_LENGTH);
}

function shorten(text: string, length: number): string {
  // Long texts are cut before they are searched for white space.
  const line = withoutHidden(text.slice(0, length * 4), '')
    .trim()
    .replace(/\s+/g, ' ');
  if (line.length <= length) return line;
  // The cut may have gone through a surrogate pair.
  return `${line
    .slice(0, length - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()}…`;
}
