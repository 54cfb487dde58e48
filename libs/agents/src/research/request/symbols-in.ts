import type { Company } from './company.ts';

/** The shares that a text names, in its order, and the text without them. */
export function symbolsIn(text: string, companies: readonly Company[]): { symbols: string[]; rest: string } {
  const found: { symbol: string; at: number }[] = [];
  let rest = text;
  for (const { pattern, symbol } of companies.flatMap(namesOf)) {
    rest = rest.replace(pattern, (words: string, at: number) => {
      found.push({ symbol, at });
      // Of the same length, so that the others stay where they are.
      return ' '.repeat(words.length);
    });
  }
  const inOrder = found.toSorted((a, b) => a.at - b.at).map(({ symbol }) => symbol);
  return { symbols: [...new Set(inOrder)], rest };
}

function namesOf({ symbol, name, also }: Company): { pattern: RegExp; symbol: string }[] {
  const named = [name, ...also]
    .toSorted((a, b) => b.length - a.length)
    .map((each) => ({ pattern: wholeWord(each, each.length > 3 ? 'giu' : 'gu'), symbol }));
  // Short symbols are ordinary words in lower case.
  return [...named, { pattern: wholeWord(symbol, symbol.length > 3 ? 'giu' : 'gu'), symbol }];
}

const wholeWord = (name: string, flags: string): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}.])\$?${escapePattern(name)}(?:['’]s|['’])?(?![\p{L}\p{N}])`, flags);

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
