/** The words of a command line, or why it is not taken. */
export type SplitLine = { readonly words: readonly [string, ...string[]] } | { readonly problem: string };

/** More than any program takes well. */
const MAX_WORDS = 1_000;
/** Unquoted, a shell would do something with them. */
const SHELL_SYNTAX = new Set('|&;<>()$`*?[]{}');

/**
 * Splits a command line into words as a POSIX shell does, quotes and backslashes included, but does nothing else: text
 * that a shell would expand, substitute, redirect or chain is a problem, and so is an unfinished line. Every line that is
 * taken means the same to /bin/sh.
 */
export function splitCommandLine(line: string): SplitLine {
  const words: string[] = [];
  let word: string | undefined;
  const add = (text: string): void => {
    word = (word ?? '') + text;
  };
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = line.indexOf("'", at + 1);
      if (end === -1) return { problem: "a quote (') is not closed" };
      add(line.slice(at + 1, end));
      at = end;
    } else if (character === '"') {
      const quoted = readDoubleQuoted(line, at + 1);
      if ('problem' in quoted) return quoted;
      add(quoted.text);
      at = quoted.end;
    } else if (character === '\\') {
      if (at + 1 >= line.length) return { problem: 'it ends with a backslash' };
      at += 1;
      add(line.charAt(at));
    } else if (SHELL_SYNTAX.has(character)) {
      return { problem: `${character} is shell syntax; quote it where it is meant as it is` };
    } else if (word === undefined && (character === '#' || character === '~')) {
      return { problem: `${character} at the beginning of a word is shell syntax; quote it` };
    } else {
      if (character === '=' && words.length === 0 && /^[A-Za-z_]\w*$/.test(word ?? '')) {
        return { problem: `${word}= sets a variable, which only a shell does` };
      }
      add(character);
    }
  }
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (program === undefined) return { problem: 'it is empty' };
  if (words.length > MAX_WORDS) return { problem: `it has more than ${MAX_WORDS} words` };
  return { words: [program, ...args] };
}

function readDoubleQuoted(line: string, from: number): { text: string; end: number } | { problem: string } {
  let text = '';
  for (let at = from; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === '"') return { text, end: at };
    if (character === '$' || character === '`') {
      return { problem: `${character} is shell syntax inside double quotes too; use single quotes` };
    }
    const next = line.charAt(at + 1);
    if (character === '\\' && next !== '' && '$`"\\'.includes(next)) {
      text += next;
      at += 1;
    } else text += character;
  }
  return { problem: 'a quote (") is not closed' };
}
