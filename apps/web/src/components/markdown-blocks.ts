/** With more blocks than this, a block has a minimum length, since each block costs time. */
const SMALL_PIECES = 100;
const LEAST_CHARACTERS = 2000;

/**
 * Cuts Markdown into pieces that can be rendered one by one, so that while a reply is being written only its last
 * piece is parsed again. A piece ends at a blank line that is outside a fenced code block and not followed by an
 * indented line (which still belongs to a list). Joined with nothing, the pieces are the text.
 */
export function markdownBlocks(text: string): string[] {
  const blocks: string[] = [];
  let start = 0;
  let fence: string | undefined;
  let hasBlankBefore = false;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline + 1;
    const line = text.slice(at, end);
    const isBlank = line.trim() === '';
    const isWorthIt = blocks.length < SMALL_PIECES || at - start >= LEAST_CHARACTERS;
    if (isWorthIt && fence === undefined && hasBlankBefore && !isBlank && !/^[ \t]/.test(line)) {
      blocks.push(text.slice(start, at));
      start = at;
    }
    fence = fenceAfter(line, fence);
    hasBlankBefore = isBlank && fence === undefined;
    at = end;
  }
  if (start < text.length) blocks.push(text.slice(start));
  return blocks;
}

/** The fence that is open after this line: its characters, or undefined. */
function fenceAfter(line: string, open: string | undefined): string | undefined {
  const match = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line.trimEnd());
  if (match === null) return open;
  const [, marks = '', rest = ''] = match;
  if (open === undefined) return marks.startsWith('`') && rest.includes('`') ? undefined : marks;
  const closes = marks[0] === open[0] && marks.length >= open.length && rest.trim() === '';
  return closes ? undefined : open;
}
