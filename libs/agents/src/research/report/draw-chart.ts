/** A line of a chart. */
export interface ChartLine {
  readonly name: string;
  readonly points: readonly { readonly date: string; readonly value: number }[];
}

export interface Chart {
  readonly title: string;
  /** Behind the numbers of the scale: ` %`. */
  readonly unit: string;
  readonly lines: readonly ChartLine[];
}

const WIDTH = 720;
const HEIGHT = 320;
const PLOT = { left: 58, right: 110, top: 40, bottom: 34 };
/** After Okabe and Ito: told apart without seeing colours well. Dark ones on light, light ones on dark. */
const COLOURS = ['#0068a3', '#b84a00', '#007a55', '#a3447a', '#7a5f00', '#3565ab', '#7a4fa3', '#555555'];
const DARK = ['#56b4e9', '#ff8c42', '#2ecc9b', '#e79ac6', '#f0e442', '#8fb8ee', '#bf9be0', '#bbbbbb'];

/** A line chart as SVG: no scripts, no links, nothing from elsewhere. It follows the light or dark scheme around it. */
export function drawChart(chart: Chart): string {
  const { title, unit } = chart;
  const lines = chart.lines.map(thinned);
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const dates = [...new Set(lines.flatMap(({ points }) => points.map(({ date }) => date)))].sort();
  const { low, high, step } = scaleOf(Math.min(...values), Math.max(...values));
  const x = (date: string): number =>
    PLOT.left + (dates.indexOf(date) / Math.max(1, dates.length - 1)) * (WIDTH - PLOT.left - PLOT.right);
  const y = (value: number): number =>
    PLOT.top + ((high - value) / (high - low)) * (HEIGHT - PLOT.top - PLOT.bottom);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step);
  const labels = spread(lines.map(({ points }) => y(points.at(-1)?.value ?? low)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${styleOf(lines.length)}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    `<text class="ink head" x="16" y="24">${escapeXml(title)}</text>`,
    ...ticks.map((tick) => {
      const at = y(tick).toFixed(1);
      const text = `${tick.toFixed(digits).replace(/^-/, '−')}${unit}`;
      return `<path class="grid" d="M${PLOT.left} ${at}H${WIDTH - PLOT.right}"/><text class="ink" x="${PLOT.left - 8}" y="${at}" dy="4" text-anchor="end">${text}</text>`;
    }),
    ...datesShown(dates).map(
      (date) =>
        `<text class="ink" x="${x(date).toFixed(1)}" y="${HEIGHT - 12}" text-anchor="middle">${shortDate(date)}</text>`,
    ),
    ...lines.map(({ name, points }, index) => {
      const path = points.map(({ date, value }) => `${x(date).toFixed(1)} ${y(value).toFixed(1)}`).join('L');
      const label = `<text class="name n${index}" x="${WIDTH - PLOT.right + 10}" y="${labels[index]?.toFixed(1)}" dy="4">${escapeXml(name.length > 13 ? `${name.slice(0, 12)}…` : name)}</text>`;
      return `<path class="line l${index}" d="M${path}"/>${label}`;
    }),
    '</svg>',
  ].join('');
}

/** As many points as can be seen; a message has only so much room. */
const MAX_POINTS = 120;

function thinned({ name, points }: ChartLine): ChartLine {
  if (points.length <= MAX_POINTS) return { name, points };
  const at = (index: number): number => Math.round((index / (MAX_POINTS - 1)) * (points.length - 1));
  const kept = new Set(Array.from({ length: MAX_POINTS }, (_, index) => at(index)));
  return { name, points: points.filter((_, index) => kept.has(index)) };
}

function styleOf(count: number): string {
  const colours = (palette: readonly string[]): string =>
    Array.from({ length: count }, (_, index) => {
      const colour = palette[index % palette.length];
      return `.l${index}{stroke:${colour}}.n${index}{fill:${colour}}`;
    }).join('');
  return [
    'text{font:12px system-ui,sans-serif}.head{font-weight:600;font-size:14px}.name{font-weight:600}',
    '.line{fill:none;stroke-width:2;stroke-linejoin:round}.grid{stroke:#dde1e6;stroke-width:1}.ground{fill:#fff}.ink{fill:#444b55}',
    colours(COLOURS),
    '@media(prefers-color-scheme:dark){.ground{fill:#1b1d21}.ink{fill:#c3c8d0}.grid{stroke:#34383f}',
    colours(DARK),
    '}',
  ].join('');
}

/** A scale of three to seven round steps that has room for all values. */
function scaleOf(min: number, max: number): { low: number; high: number; step: number } {
  const range = max - min || Math.abs(max) || 1;
  const power = 10 ** Math.floor(Math.log10(range / 4));
  const step = power * ([1, 2, 5, 10].find((factor) => range / (power * factor) <= 6) ?? 10);
  const low = Math.floor(min / step) * step;
  return { low, high: Math.max(Math.ceil(max / step) * step, low + step), step };
}

const LABEL_HEIGHT = 15;

/** The heights of labels, moved apart where two would stand on each other. */
function spread(heights: readonly number[]): number[] {
  const order = heights.map((height, index) => ({ height, index })).sort((a, b) => a.height - b.height);
  const placed = [...heights];
  let free = PLOT.top;
  for (const [place, { height, index }] of order.entries()) {
    const bottom = HEIGHT - PLOT.bottom - (order.length - 1 - place) * LABEL_HEIGHT;
    const at = Math.min(Math.max(height, free), bottom);
    placed[index] = at;
    free = at + LABEL_HEIGHT;
  }
  return placed;
}

/** Six at most, the first and the last among them. */
function datesShown(dates: readonly string[]): string[] {
  const count = Math.min(6, dates.length);
  const at = (index: number): number => Math.round((index / Math.max(1, count - 1)) * (dates.length - 1));
  return Array.from({ length: count }, (_, index) => dates[at(index)] ?? '');
}

const shortDate = (day: string): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
