const CHART = /^data:image\/svg\+xml(;[^,]*)?,/;
/** Parley's own charts have a few hundred bars or points. */
const MOST_ELEMENTS = 5000;
const MOST_CHARACTERS = 300_000;
/** Elements that are drawn once. Filters, patterns and references can multiply the work without limit. */
const PLAIN_ELEMENTS = new Set(
  'svg g rect path text tspan line polyline polygon circle ellipse title desc style'.split(' '),
);
/** The same effects within a style or an attribute, and escapes that could hide them. XML predefines five references. */
const COSTLY =
  /(?:filter|animation[a-z-]{0,20}|mask[a-z-]{0,20}|mix-blend-mode|dasharray)\s*[:=]|@import|url\(|\\|&#(?!(?:34|38|39|60|62);)/i;

/**
 * Whether the address is an SVG image that is embedded in the message and small enough to be drawn at once. Shown as
 * an image it runs no script and loads nothing.
 */
export function isChart(address: string): boolean {
  const head = CHART.exec(address.slice(0, 200));
  if (head === null || address.length > MOST_CHARACTERS) return false;
  const svg = decoded(address.slice(head[0].length), head[1]?.endsWith(';base64') ?? false);
  if (svg === undefined || COSTLY.test(svg)) return false;
  const tags = svg.match(/<(?!\/)[^/\s>]*/g) ?? [];
  return tags.length <= MOST_ELEMENTS && tags.every((tag) => PLAIN_ELEMENTS.has(tag.slice(1)));
}

function decoded(data: string, isBase64: boolean): string | undefined {
  try {
    return isBase64 ? atob(data) : decodeURIComponent(data);
  } catch {
    return undefined; // Not what it says that it is.
  }
}
