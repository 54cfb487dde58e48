import type { JsonValue } from '@parley/shared-models';

const MOST = 5;
const LONGEST = 60;

/** A payload in a line, for people: `product Laptop · quantity 1 · customer Ada`. Empty when there is nothing to say. */
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

/** What is nested is told by its name, if it has one. */
function valueText(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null || Array.isArray(value)) return undefined;
  return typeof value === 'object' ? valueText(value.name) : String(value);
}

/** Ids tell people nothing; they stand in the details. */
const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text);

const shorten = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST - 1).toWellFormed()}…` : text;
