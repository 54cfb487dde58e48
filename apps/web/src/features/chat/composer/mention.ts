/** A range of the text: `end` is the first index after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Mention extends Span {
  /** The agent's name as the agent writes it. */
  readonly name: string;
}

/** A mention starts at the beginning of a word: `mail@finance.example` does not contain a mention. */
const startsWord = (text: string, at: number): boolean =>
  at === 0 || /[\s([{"'“‘,;:]/.test(text[at - 1] ?? '');

/** A mention is not followed by a letter, digit, `_` or `-`: `@HR` is not in `@HRM`. */
const endsWord = (text: string, at: number): boolean =>
  at >= text.length || !/[\p{L}\p{N}_-]/u.test(text[at] ?? '');

/** All agents named with `@` in the text, in order. Of overlapping names the longest counts; case is ignored. */
export function findMentions(text: string, names: readonly string[]): Mention[] {
  const longestFirst = names.toSorted((one, other) => other.length - one.length);
  const mentions: Mention[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    if (!startsWord(text, at)) continue;
    const name = longestFirst.find((candidate) => {
      const end = at + 1 + candidate.length;
      return text.slice(at + 1, end).toLowerCase() === candidate.toLowerCase() && endsWord(text, end);
    });
    if (name !== undefined) mentions.push({ name, start: at, end: at + 1 + name.length });
  }
  return mentions;
}

/** The first word after an `@` that names no agent; probably a typing error. */
export function unknownMention(text: string, names: readonly string[]): string | undefined {
  const known = new Set(findMentions(text, names).map(({ start }) => start));
  for (const match of text.matchAll(/@([\p{L}\p{N}][\p{L}\p{N}._-]*)/gu)) {
    if (startsWord(text, match.index) && !known.has(match.index)) return match[1];
  }
  return undefined;
}

/** The text between an `@` and the caret, or undefined when the caret is not in a mention. */
export function mentionQueryAt(text: string, caret: number): (Span & { readonly query: string }) | undefined {
  const start = text.lastIndexOf('@', caret - 1);
  if (start === -1 || caret <= start || !startsWord(text, start)) return undefined;
  const query = text.slice(start + 1, caret);
  return /^[\p{L}\p{N} ._-]{0,64}$/u.test(query) && !/^\s|\s\S*\s/.test(query)
    ? { start, end: caret, query }
    : undefined;
}

/** Names that begin with the query first, then those that contain it. */
export function matchNames(names: readonly string[], query: string): string[] {
  const wanted = query.toLowerCase();
  const rank = (name: string) => {
    const at = name.toLowerCase().indexOf(wanted);
    return at === -1 ? -1 : Math.min(at, 1);
  };
  return names
    .filter((name) => rank(name) !== -1)
    .toSorted((one, other) => rank(one) - rank(other) || one.localeCompare(other));
}

/** The text with `@Name ` in place of the span, and the new position of the caret. */
export function insertMention(text: string, span: Span, name: string): { text: string; caret: number } {
  const rest = text.slice(span.end).replace(/^ /, '');
  const head = `${text.slice(0, span.start)}@${name} `;
  return { text: head + rest, caret: head.length };
}

/** The text addressed to this agent: a mention at its beginning is replaced. */
export function addressTo(text: string, name: string, names: readonly string[]): string {
  const first = findMentions(text, names)[0];
  const rest = first?.start === 0 ? text.slice(first.end).trimStart() : text.trimStart();
  return `@${name} ${rest}`;
}
