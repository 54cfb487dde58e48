/** What an amount was for: `on a laptop bag` behind it, or the thing named before it, as in `The bag cost 300 €`. */
export function purposeOf(before: string, behind: string, isFirst: boolean): string {
  const named = /^\W*(?:back )?(?:on|for|in|at|für|from)\s+(.+)$/i.exec(behind)?.[1];
  if (named !== undefined) return tidy(named);
  if (!isFirst) return '';
  const bought = /\b(?:bought|purchased|ordered|gekauft|returned)\s+(.+?)\s+(?:for|at|um|für)\s*$/i.exec(
    before,
  )?.[1];
  if (bought !== undefined) return tidy(bought);
  const cost = /^(.+?)\s+(?:cost|costs|was|kostete)(?: me| us)?\s*$/i.exec(before.trim())?.[1];
  return cost === undefined || /^(?:it|that|this|which)$/i.test(cost) ? '' : tidy(cost);
}

function tidy(text: string): string {
  return text
    .replace(/\b(?:yesterday|today|last night|this (?:morning|week)|(?:on|last) \w+day|\w+ days ago)\b/gi, '')
    .replace(/[,;]?\s*(?:and|und|plus)\s*$/i, '')
    .replace(/^(?:a|an|the|my|our|some|ein|eine|einen)\s+/i, (article) =>
      /^(?:the|my|our)/i.test(article) ? 'the ' : article.toLowerCase(),
    )
    .replace(/[\s.,;!]+$/, '')
    .trim()
    .slice(0, 80);
}
