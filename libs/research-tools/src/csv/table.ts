import { type Duplex, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ParleyError } from '@parley/shared-models';
import { parse } from 'csv-parse';

/** A CSV file: the names of its columns, and its rows as texts. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  /** For each row, the line of the file on which it ends. */
  readonly lines: readonly number[];
  /** Separator of its cells. */
  readonly delimiter: string;
}

export interface TableOptions {
  /**
   * Takes rows of another length than the line of column names, stray quotes, and a column name that stands there twice: the
   * first one counts. Excess cells of a row are under `EXCESS`. @default false
   */
  readonly isLenient?: boolean;
}

/** The column for cells of lenient rows beyond the named columns. */
export const EXCESS = '';

/** A file with more than one of these is not a table that research can hold in memory. */
const MAX_COLUMNS = 1000;
const MAX_ROWS = 200_000;
const MAX_CELLS = 1_000_000;
/** Of one row, in characters: a quote that is never closed makes a row of all that follows. */
const MAX_ROW_LENGTH = 200_000;
/** The process does something else between two slices of a file, which have so many bytes. */
const SLICE = 8 * 1024;

/**
 * Reads CSV with a line of column names. Separated by comma, semicolon, tab or bar, or the separator of a first line `sep=;`; lines
 * that begin with `#` are remarks. A column without a name is `column 3`.
 * @throws ParleyError `invalid_request` that names the line that is wrong
 */
export async function parseTable(
  text: string,
  name: string,
  { isLenient = false }: TableOptions = {},
): Promise<Table> {
  const said = /^\uFEFF?sep=(.)\r?\n/i.exec(text);
  const content = said === null ? text : text.slice(said[0].length);
  const delimiter = said?.[1] ?? delimiterOf(content);
  const columns: string[] = [];
  const rows: Record<string, string>[] = [];
  const lines: number[] = [];
  const parser = parse({
    bom: true,
    comment: '#',
    comment_no_infix: true,
    delimiter,
    info: true,
    max_record_size: MAX_ROW_LENGTH,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: isLenient,
    relax_quotes: isLenient,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  });
  try {
    if (content.includes('\0')) throw new Error('it is not text');
    for await (const { record, info } of readingOf(content, parser)) {
      if (columns.length === 0) columns.push(...namesOf(record, isLenient));
      else {
        rows.push(rowOf(columns, record, delimiter));
        lines.push(info.lines + (said === null ? 0 : 1));
      }
      if (rows.length > MAX_ROWS || rows.length * columns.length > MAX_CELLS)
        throw new Error(`it has more than ${MAX_ROWS} rows, or ${MAX_CELLS} cells`);
    }
  } catch (error) {
    throw new ParleyError('invalid_request', `“${name}” is no CSV table: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return { columns, rows, lines, delimiter };
}

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

const readingOf = (content: string, parser: Duplex): AsyncIterable<Parsed> =>
  Readable.from(slicesOf(content)).compose(parser);

async function* slicesOf(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += SLICE) {
    yield bytes.subarray(at, at + SLICE);
    await nextTurn();
  }
}

function namesOf(header: readonly string[], isLenient: boolean): string[] {
  if (header.length > MAX_COLUMNS) throw new Error(`it has more than ${MAX_COLUMNS} columns`);
  const names = header.map((name, index) => name || `column ${index + 1}`);
  if (!isLenient && new Set(names).size < names.length) throw new Error('a column name stands there twice');
  return names;
}

function rowOf(
  columns: readonly string[],
  cells: readonly string[],
  delimiter: string,
): Record<string, string> {
  const row: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [index, column] of columns.entries()) row[column] ??= cells[index] ?? '';
  const excess = cells.slice(columns.length).filter((cell) => cell !== '');
  if (excess.length > 0) row[EXCESS] = excess.join(delimiter);
  return row;
}

/** The separator that the line of column names has most of. */
function delimiterOf(text: string): string {
  const header = /^[^\S\n]*[^\s#].*/m.exec(text.slice(0, HEADER_LENGTH))?.[0] ?? '';
  const count = (separator: string): number => header.split(separator).length;
  return [',', ';', '\t', '|'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

/** Within so many characters the line of column names begins and ends. */
const HEADER_LENGTH = 100_000;
