/**
 * The comment above each property of an object in a TypeScript source, by the property's name, in one line.
 * @param object as it is declared: `export const HEADERS = {`
 * @throws Error when the object is not there
 */
export function docComments(source: string, object: string): ReadonlyMap<string, string> {
  const from = source.indexOf(object);
  if (from < 0) throw new Error(`there is no "${object}" in the source`);
  const text = source.slice(from, source.indexOf('\n}', from));
  const found = text.matchAll(/^ {2}\/\*\*((?:(?!\*\/).)*)\*\/\n {2}'?([\w.-]+)'?:/gms);
  return new Map(
    [...found].map(([, comment = '', name = '']) => [
      name,
      comment
        .replaceAll(/\s*\n\s*\*\s?/g, ' ')
        .replaceAll(/`SIGNAL_KEYS\.(\w+)`/g, '`$1`')
        .trim(),
    ]),
  );
}

/** The comment above that property. @throws Error when it is missing */
export function meaningOf(comments: ReadonlyMap<string, string>, name: string): string {
  const meaning = comments.get(name);
  if (meaning === undefined)
    throw new Error(`"${name}" has no comment in the source that says what it means`);
  return meaning;
}
