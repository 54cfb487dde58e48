import {
  calculate,
  type DataFolder,
  type FetchPage,
  queryTable,
  type ResultRow,
  type TableQuery,
} from '@parley/research-tools';
import type { Finding } from './step-input.ts';

/** Rows that a report shows of a query. */
const SHOWN_ROWS = 30;
/** Characters that a report shows of a page. */
const SHOWN_TEXT = 800;

export async function findByCalculating(expression: string): Promise<Finding> {
  const value = (await calculate(expression)).toLocaleString('en-US', { maximumFractionDigits: 10 });
  const text = `${expression.trim()} = **${value}**`;
  return {
    kind: 'calculation',
    about: expression,
    text,
    source: '',
    summary: `${expression.trim()} = ${value}`,
  };
}

export async function findInFile(data: DataFolder, file: string, query: TableQuery): Promise<Finding> {
  const table = await data.read(file);
  const rows = queryTable(table, query);
  const source = `${file}.csv${table.origin === 'sample' ? ' (sample data, invented)' : ''}`;
  return {
    kind: 'query',
    about: file,
    text: tableOf(rows),
    source,
    summary: `${rows.length} rows of ${file}`,
  };
}

export async function findOnPage(fetchPage: FetchPage, url: string, signal: AbortSignal): Promise<Finding> {
  const page = await fetchPage(url, signal);
  const text = linesOf(page.text).join('\n');
  const shown = text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT)} …` : text;
  const quoted = shown
    .split('\n')
    .map((line) => `> ${line.replace(/[\\`*_[\]<>|#!]/g, String.raw`\$&`)}`)
    .join('\n');
  return {
    kind: 'page',
    about: url,
    text: quoted,
    source: page.url,
    summary: `${text.length} characters of ${page.url}`,
  };
}

/** Line by line: a pattern for the space around line ends takes minutes for a page of nothing but spaces. */
const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A Markdown table. */
export function tableOf(rows: readonly ResultRow[]): string {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return 'No rows.';
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map(cellOf).join(' | ')} |`;
  const shown = rows.slice(0, SHOWN_ROWS).map((row) => line(columns.map((column) => row[column] ?? '')));
  const more = rows.length > SHOWN_ROWS ? [`\n${rows.length - SHOWN_ROWS} more rows.`] : [];
  return [line(columns), line(columns.map(() => '---')), ...shown, ...more].join('\n');
}

function cellOf(cell: string | number): string {
  if (typeof cell === 'number') return cell.toLocaleString('en-US', { maximumFractionDigits: 4 });
  return cell.replace(/[\\|`*_[\]<>]/g, String.raw`\$&`).replace(/\s+/g, ' ');
}
