import { parsedJson } from './parsed-json.ts';

/**
 * The first JSON object in a text that `read` makes something of, wherever it stands: in a code fence, between prose,
 * inside another object. `read` returns undefined for an object that does not fit.
 */
export function findObject<T>(text: string, read: (value: unknown) => T | undefined): T | undefined {
  const searched = text.slice(0, MAX_SEARCHED);
  let tries = 0;
  for (let start = searched.indexOf('{'); start !== -1; start = searched.indexOf('{', start + 1)) {
    tries += 1;
    if (tries > MAX_TRIES) return undefined;
    const end = endOfObject(searched, start);
    if (end === undefined) continue;
    const found = read(parsed(searched.slice(start, end)));
    if (found !== undefined) return found;
  }
  return undefined;
}

const MAX_SEARCHED = 60_000;
/** Each one reads on to the end of its object. */
const MAX_TRIES = 50;

/** Behind the brace that closes the one at `start`; braces in strings do not count. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let isString = false;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (isString) {
      if (character === '\\') index += 1;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return undefined;
}

/** JSON, or the JSON-like output of small models: trailing commas, other quotes, bare keys, comments, words of Python. */
function parsed(text: string): unknown {
  const value = parsedJson(text);
  return value === undefined && text.length <= MAX_MENDED ? parsedJson(text.replace(NOT_JSON, mend)) : value;
}

const MAX_MENDED = 8000;
/** Strings go first, so that nothing in one is taken for anything else. */
const NOT_JSON =
  /"(?:[^"\\]|\\.)*"|'(?<single>(?:[^'\\]|\\.){0,500})'|[“”„](?<curly>[^“”„]{0,500})[“”]|\/\/.*|,(?=\s*[}\]])|\b(?<word>None|True|False)\b|(?<![\w.])(?<key>[A-Za-z_]\w*)(?=\s*:)|(?<![\w.])\.(?=\d)/g;
const WORDS: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false' };

function mend(token: string, ...rest: readonly unknown[]): string {
  if (token.startsWith('"')) return token;
  if (token === '.') return '0.';
  const { single, curly, word, key } = rest.at(-1) as Readonly<Record<string, string | undefined>>;
  if (word !== undefined) return WORDS[word] ?? word;
  const text = single?.replaceAll(String.raw`\'`, "'") ?? curly ?? key;
  // A comma or a comment.
  return text === undefined ? '' : JSON.stringify(text);
}
