/** Parses a foreign text as JSON; undefined where it is not JSON: a page, half of it, nothing. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller handles it.
    return undefined;
  }
}
