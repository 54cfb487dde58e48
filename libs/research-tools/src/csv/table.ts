import { ParleyError } from '@parley/shared-models';
import { parse } from 'csv-parse/sync';

/** A CSV file: the names of its columns, and its rows as texts. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  /** For each row, the line of the file on which it ends. */
  readonly lines: readonly number[];
  /** What separates its cells. */
  readonly delimiter: string;
}

export interface TableOptions {
  /**
   * Takes rows of another length than the line of column names, stray quotes, and a column name that stands there twice: the
   * first one counts. What a row has too much is under `EXCESS`. @default false
   */
  readonly isLenient?: boolean;
}

/** The column of what lenient rows have beyond the named columns. */
export const EXCESS = '';

/** More are no table that somebody made. */
const MAX_COLUMNS = 1000;

/**
 * Reads CSV with a line of column names. Separated by comma, semicolon or tab; lines that begin with `#` are remarks.
 * @throws ParleyError `invalid_request` that names the line that is wrong
 */
export function parseTable(text: string, name: string, { isLenient = false }: TableOptions = {}): Table {
  const delimiter = delimiterOf(text);
  try {
    const records = parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      delimiter,
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: isLenient,
      relax_quotes: isLenient,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    const [header, ...rest] = records;
    const columns = header?.record ?? [];
    if (columns.length > MAX_COLUMNS) throw new Error(`it has more than ${MAX_COLUMNS} columns`);
    if (!isLenient && new Set(columns).size < columns.length)
      throw new Error('a column name stands there twice');
    return {
      columns,
      rows: rest.map(({ record }) => rowOf(columns, record, delimiter)),
      lines: rest.map(({ info }) => info.lines),
      delimiter,
    };
  } catch (error) {
    throw new ParleyError('invalid_request', `“${name}” is no CSV table: ${(error as Error).message}`, {
      cause: error,
    });
  }
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
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

/** Within so many characters the line of column names begins and ends. */
const HEADER_LENGTH = 100_000;
