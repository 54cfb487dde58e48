/** Markdown without its marks, on one line: for the beginning of a message in a list. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/```[a-z]*\s?/gi, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(#{1,6}|[-*+>]|\d+\.)\s+/gm, '')
    .replace(/\*\*|__|~~|`/g, '')
    .replace(/(^|[\s(])[*_](\S[^*_]*\S|\S)[*_](?=$|[\s).,;:!?])/g, '$1$2')
    .replace(/\|?\s*:?-{3,}:?\s*\|?/g, ' ')
    .replace(/\s*\|\s*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
