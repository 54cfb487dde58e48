/** Puts each section between its markers `<!-- reference: name -->` and `<!-- end -->`. @throws Error where a marker is missing */
export function fillMarkers(document: string, sections: ReadonlyMap<string, string>): string {
  let filled = document;
  for (const [name, text] of sections) {
    const start = `<!-- reference: ${name} -->`;
    const from = filled.indexOf(start);
    const to = filled.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Error(`the document has no marker ${start}`);
    filled = `${filled.slice(0, from + start.length)}\n\n${text}\n\n${filled.slice(to)}`;
  }
  return filled;
}
