import type { ResearchRequest } from './research-request.ts';

const FIGURES: Readonly<Record<string, 'mean' | 'sum' | 'min' | 'max' | 'count'>> = {
  ...{
    average: 'mean',
    mean: 'mean',
    sum: 'sum',
    total: 'sum',
    minimum: 'min',
    smallest: 'min',
    lowest: 'min',
  },
  ...{ maximum: 'max', largest: 'max', highest: 'max', number: 'count', count: 'count' },
};

const QUERY = new RegExp(
  String.raw`\b(${Object.keys(FIGURES).join('|')}) (?:of )?(?:the )?["“]?([\p{L}\p{N}_ ]{1,60}?)["”]? (?:in|of|from) (?:the )?(?:file |table )?["“]?([\p{L}\p{N}_./-]{1,100})["”]?(?: (?:by|per|for each) ["“]?([\p{L}\p{N}_]{1,60})["”]?)?`,
  'giu',
);

/** `average of sales in orders.csv by region`: questions to files that there are, and the text without them. */
export function queriesIn(
  text: string,
  files: readonly string[],
): { found: ResearchRequest['queries']; rest: string } {
  const found: ResearchRequest['queries'] = [];
  const rest = text.replace(QUERY, (...match: string[]) => {
    const [whole = '', figure = '', column = '', given = '', group] = match;
    const wanted = given
      .replace(/[.,;]+$/, '')
      .replace(/\.csv$/i, '')
      .toLowerCase();
    const file = files.find((name) => name.toLowerCase() === wanted);
    const by = FIGURES[figure.toLowerCase()];
    if (file === undefined || by === undefined) return whole;
    const aggregate = [{ of: column, by }];
    // An absent group is not `undefined` here, but the position of the match.
    const groupBy = typeof group === 'string' ? { groupBy: group } : {};
    found.push({ file, query: { aggregate, ...groupBy, limit: 100 } });
    return ' ; ';
  });
  return { found, rest };
}
