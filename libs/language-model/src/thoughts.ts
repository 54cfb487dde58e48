/** A part of a model's output: answer, or reasoning between tags such as `<think>`. */
export interface Thinking {
  readonly kind: 'text' | 'thought';
  readonly text: string;
}

export interface ThoughtSplitter {
  /** The parts that the piece decides; a possible beginning of a tag is held back. */
  push(piece: string): Thinking[];
  /** Reasoning arrives in a field of its own: text presumed to be reasoning is part of the answer. */
  settle(): Thinking[];
  /** The rest. */
  end(): Thinking[];
  /** A tag was closed that the text never opened: the model's template opens it before the answer begins. */
  readonly hasStrayClose: boolean;
}

const NAMES = 'think|thinking|reasoning|thoughts?';
/** Attributes without a slash: a tag that closes itself holds no thought. */
const TAG = new RegExp(`<(/?)(?:${NAMES})(?:\\s[^<>/]{0,64})?>`, 'i');
/** Characters that may change the meaning of a tag: code stays as it is. */
const TOKEN = new RegExp(`\\n|\`+|~{3,}|${TAG.source}`, 'i');
/** The end of a piece that the next one may make a token of. */
const UNDECIDED = new RegExp(`(?:</?(?:[a-z]{0,9}|(?:${NAMES})\\s[^<>/]{0,64})|\`+|~+)$`, 'i');
const MAX_UNDECIDED = 80;
const ONLY_MARKS = /^[\s>*+\-\d.)]*$/;

/** Where the undecided end of a text begins; looks at the last characters only, so that long runs cost nothing. */
function undecidedFrom(text: string): number {
  const from = Math.max(0, text.length - MAX_UNDECIDED);
  const match = UNDECIDED.exec(text.slice(from));
  return match === null ? text.length : from + match.index;
}

/**
 * Parts an answer that arrives in pieces. Tags inside code blocks and inline code are text. A tag that is never closed
 * makes all that follows a thought. `opensInThought`: the answer begins as a thought, up to a closing tag; without one
 * it was text after all. The same holds after a closing tag of a thought in which another one was opened, or only named.
 */
export function createThoughtSplitter({ opensInThought = false } = {}): ThoughtSplitter {
  let mode: 'text' | 'thought' | 'presumed' = opensInThought ? 'presumed' : 'text';
  let rest = '';
  let presumed = '';
  /** Tags that were opened inside the thought. */
  let nested = 0;
  let fence: string | undefined;
  let inlineTicks = 0;
  let isLineStart = true;
  let hasStrayClose = false;

  /** Reads the decided part of a text, up to a tag that changes the mode; the rest stays for the next turn. */
  const readText = (isLast: boolean): string => {
    let said = '';
    for (;;) {
      const match = TOKEN.exec(rest);
      const end = isLast ? rest.length : undecidedFrom(rest);
      // A run of backticks at the end may go on.
      if (match === null || match.index >= end) {
        const plain = rest.slice(0, end);
        isLineStart &&= ONLY_MARKS.test(plain);
        rest = rest.slice(end);
        return said + plain;
      }
      const [token, slash] = match;
      const before = rest.slice(0, match.index);
      isLineStart &&= ONLY_MARKS.test(before);
      rest = rest.slice(match.index + token.length);
      said += before;
      if (token.startsWith('<') && fence === undefined && inlineTicks === 0) {
        if (slash === '') {
          mode = 'thought';
          return said;
        }
        hasStrayClose = true;
        continue;
      }
      said += token;
      readMark(token);
    }
  };

  const readMark = (token: string): void => {
    if (token === '\n') {
      isLineStart = true;
      inlineTicks = 0;
      return;
    }
    const mark = token.charAt(0);
    if (mark === '<') isLineStart = false;
    else if (fence !== undefined) {
      if (isLineStart && mark === fence.charAt(0) && token.length >= fence.length) fence = undefined;
    } else if (isLineStart && token.length >= 3) fence = token;
    else if (mark === '`')
      inlineTicks = inlineTicks === 0 ? token.length : inlineTicks === token.length ? 0 : inlineTicks;
    isLineStart = false;
  };

  /** Reads a thought up to its end. */
  const readThought = (isLast: boolean): string => {
    const match = TAG.exec(rest);
    if (match === null) {
      const end = isLast ? rest.length : undecidedFrom(rest);
      const thought = rest.slice(0, end);
      rest = rest.slice(end);
      return thought;
    }
    const thought = rest.slice(0, match.index);
    rest = rest.slice(match.index + match[0].length);
    if (match[1] !== '/') nested += 1;
    else if (nested === 0) mode = 'text';
    else {
      mode = 'presumed';
      presumed = '';
    }
    return thought;
  };

  /** Reads a presumed thought, opened before the answer began. */
  const readPresumed = (isLast: boolean): Thinking[] => {
    const match = TAG.exec(rest);
    if (match === null) {
      const end = isLast ? rest.length : undecidedFrom(rest);
      presumed += rest.slice(0, end);
      rest = rest.slice(end);
      if (!isLast) return [];
      mode = 'text';
      return [{ kind: 'text', text: presumed }];
    }
    presumed += rest.slice(0, match.index);
    rest = rest.slice(match.index + match[0].length);
    const isClosing = match[1] === '/';
    const said: Thinking = { kind: isClosing ? 'thought' : 'text', text: presumed };
    presumed = '';
    if (!isClosing) {
      mode = 'thought';
      nested = 0;
    } else if (nested > 1) nested -= 1;
    else {
      mode = 'text';
      hasStrayClose ||= nested === 0;
      nested = 0;
    }
    return [said];
  };

  const read = (isLast: boolean): Thinking[] => {
    const parts: Thinking[] = [];
    for (let before = -1; before !== rest.length; ) {
      before = rest.length;
      if (mode === 'presumed') parts.push(...readPresumed(isLast));
      else if (mode === 'thought') parts.push({ kind: 'thought', text: readThought(isLast) });
      else parts.push({ kind: 'text', text: readText(isLast) });
    }
    return parts.filter(({ text }) => text !== '');
  };

  return {
    get hasStrayClose() {
      return hasStrayClose;
    },
    push(piece) {
      rest += piece;
      return read(false);
    },
    settle() {
      if (mode !== 'presumed') return [];
      mode = 'text';
      rest = presumed + rest;
      presumed = '';
      return read(false);
    },
    end: () => read(true),
  };
}

/** A complete text without thoughts, to send back to a model as its own words. */
export function withoutThoughts(text: string): string {
  if (!TAG.test(text)) return text;
  const plain = splitWhole(text, false);
  const said = plain.hasStrayClose ? splitWhole(text, true).said : plain.said;
  return said.trim();
}

function splitWhole(text: string, opensInThought: boolean): { said: string; hasStrayClose: boolean } {
  const splitter = createThoughtSplitter({ opensInThought });
  const parts = [...splitter.push(text), ...splitter.end()];
  const said = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
  return { said, hasStrayClose: splitter.hasStrayClose };
}
