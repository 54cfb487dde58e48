import { MEASURE_TITLES } from '../figures/measure.ts';
import type { PriceSeries } from '../figures/price-series.ts';
import { sayDate, sayList } from '../figures/say-number.ts';
import { sayNotUnderstood } from '../plan/say-plan.ts';
import type { ResearchRequest } from '../request/research-request.ts';
import type { Finding } from '../steps/step-input.ts';
import { chartOf } from './charts.ts';
import { keyFindings } from './key-findings.ts';
import type { Material } from './material.ts';

export interface ReportParts {
  readonly title: string;
  readonly request: ResearchRequest;
  readonly material: Material;
  /** The reader of the request: `offline rules`, `Mistral mistral-small-latest`. */
  readonly by: string;
  /** Written by a language model, by its name, instead of the findings that the rules make. */
  readonly summary?: { readonly text: string; readonly by: string };
  /** Why something is missing. */
  readonly remark?: string;
}

/** The report: Markdown with findings, table, chart and sources. Every number in table and chart is computed. */
export function writeReport({ title, request, material, by, summary, remark }: ReportParts): string {
  const { series, figures, findings } = material;
  const bullets = keyFindings(material, request.isShort).map((line) => `- ${line}`);
  const open = sayNotUnderstood(request, by);
  const missing = [
    ...series.filter(({ days }) => days.length < 2).map(({ summary: said }) => quoted(`${said}.`)),
    ...series.flatMap(({ remarks }) => remarks.map(quoted)),
    ...findings.filter(({ isMissing }) => isMissing).map(({ summary: said }) => quoted(said)),
  ];
  const chart = request.isShort ? undefined : chartOf(series, request.measures);
  const parts = [
    `# ${title}`,
    ...(series.length === 0 ? [] : [`*${sayDays(series)}*`]),
    ...(summary === undefined
      ? bullets.length === 0
        ? []
        : ['## Key findings', bullets.join('\n')]
      : ['## Summary', summary.text]),
    ...findings.filter(({ isMissing }) => !isMissing).flatMap(sayFinding),
    ...(figures.length === 0 ? [] : ['## Figures', tableOfFigures(material)]),
    ...(chart === undefined ? [] : ['## Chart', chart]),
    ...[open, remark ?? '', ...missing].filter((line) => line !== '').map((line) => `> ${line}`),
    ...sourcesOf(material, sayAuthors(by, summary?.by ?? RULES)),
  ];
  return parts.join('\n\n');
}

function sayDays(series: readonly PriceSeries[]): string {
  const periods = new Map(
    series.flatMap(({ days, name }) => {
      const [first, last] = [days[0], days.at(-1)];
      return first === undefined || last === undefined
        ? []
        : [[name, { first, last, count: days.length }] as const];
    }),
  );
  const told = new Map<string, string[]>();
  for (const [name, { first, last, count }] of periods) {
    const key = `${sayDate(first.date)} to ${sayDate(last.date)}, ${count} trading days`;
    told.set(key, [...(told.get(key) ?? []), name]);
  }
  if (told.size === 0) return 'No trading days in this period.';
  const all = [...told]
    .map(([key, names]) => (told.size === 1 ? key : `${sayList(names)}: ${key}`))
    .join('; ');
  return series.every(({ origin }) => origin === 'own')
    ? `${all}.`
    : `${all}. Sample data: invented prices, not real ones.`;
}

function tableOfFigures({ series, figures }: Material): string {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const titles = measures.map((measure) => {
    const title = MEASURE_TITLES[measure];
    return `${title.charAt(0).toUpperCase()}${title.slice(1)}${measure === 'volatility' ? ' (a year)' : ''}`;
  });
  return [
    line(['Share', ...titles]),
    line([':---', ...measures.map(() => '---:')]),
    ...series.map(({ symbol, name }) =>
      line([
        `${name} (${symbol})`,
        ...measures.map(
          (measure) =>
            figures.find((each) => each.symbol === symbol && each.measure === measure)?.shown ?? '–',
        ),
      ]),
    ),
  ].join('\n');
}

const HEADINGS: Readonly<Record<Finding['kind'], string>> = {
  calculation: 'Calculation',
  query: 'From the file',
  page: 'From the page',
  note: 'Noted',
  work: 'Found out',
};

function sayFinding({ kind, about, text }: Finding): string[] {
  const heading = kind === 'calculation' || kind === 'note' ? HEADINGS[kind] : `${HEADINGS[kind]}: ${about}`;
  return [`## ${heading.replace(/\s+/g, ' ').slice(0, 200)}`, clip(text)];
}

/** As one line of plain text: a failed source's name may hold anything. */
const quoted = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>|#!]/g, String.raw`\$&`)
    .slice(0, 1000);

/** Of one finding, so that ten of them are still a message. */
const FINDING_LENGTH = 3000;

const clip = (text: string): string =>
  text.length <= FINDING_LENGTH ? text : `${text.slice(0, FINDING_LENGTH).replace(/\n[^\n]*$/, '')}\n\n…`;

const RULES = 'offline rules';

/** Both are said where a model did one thing and the rules, or another model, the other. */
const sayAuthors = (reader: string, writer: string): string =>
  reader === writer ? `Read and written by ${reader}.` : `Read by ${reader}, written by ${writer}.`;

function sourcesOf({ series, findings }: Material, authors: string): string[] {
  const files = series.flatMap(({ file, origin, covered }) =>
    covered === undefined
      ? []
      : [
          `- \`${file}.csv\`, ${origin === 'sample' ? '**sample data that ships with Parley, invented**' : 'from the data folder'}; it covers ${sayDate(covered.firstDay)} to ${sayDate(covered.lastDay)}`,
        ],
  );
  const others = findings.flatMap(({ source }) => (source === '' ? [] : [`- ${source}`]));
  const all = [...new Set([...files, ...others])];
  const how =
    series.length === 0
      ? ''
      : ' Volatility is the standard deviation of the daily logarithmic returns, times √252 for a year; return and drawdown are of closing prices.';
  return [...(all.length === 0 ? [] : ['## Sources', all.join('\n')]), `*${authors}${how}*`];
}
