import type { JsonValue } from '@parley/shared-models';
import { LIMITS } from '@parley/shared-models';

const MOST = 5;
const LONGEST = 60;

/** A payload in one line, for people: `product Laptop · quantity 1 · customer Ada`. Empty when nothing can be shown. */
export function payloadText(payload: JsonValue): string {
  if (payload === null || typeof payload !== 'object') return shorten(String(payload ?? ''));
  if (Array.isArray(payload)) return payload.length === 1 ? '1 entry' : `${payload.length} entries`;
  return Object.entries(payload)
    .flatMap(([name, value]) => {
      const text = valueText(value);
      return text === undefined || isId(text) ? [] : [`${name} ${shorten(text)}`];
    })
    .slice(0, MOST)
    .join(' · ');
}

/** A nested object is shown by its `name`, if it has one. */
function valueText(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null || Array.isArray(value)) return undefined;
  return typeof value === 'object' ? valueText(value.name) : String(value);
}

/** Ids are left out: they stand in the details. */
const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text);

const shorten = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST - 1).toWellFormed()}…` : text;

/** Deeper JSON is not indented: the size of the indented text grows with the square of the depth. */
const DEEPEST = LIMITS.jsonDepth;

/** Indents JSON; text that is not JSON, is nested too deeply or is very long stays as it is. */
export function indentedJson(text: string): string {
  if (text.length > LIMITS.frameBytes || depthOf(text) > DEEPEST) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** Levels of nested objects and arrays. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isInString = !isInString;
    else if (isInString) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}
