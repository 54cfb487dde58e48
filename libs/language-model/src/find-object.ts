/**
 * The first JSON object in a text that `read` makes something of, wherever it stands: in a code fence, between prose,
 * inside another object. `read` returns undefined for what does not fit.
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

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Braces that are not JSON, such as a template's: the search goes on.
    return undefined;
  }
}
