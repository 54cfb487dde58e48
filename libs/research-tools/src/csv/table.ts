import { ParleyError } from '@parley/shared-models';
import { parse } from 'csv-parse/sync';

/** A CSV file: the names of its columns, and its rows as texts. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/**
 * Reads CSV with a line of column names. Separated by comma, semicolon or tab; lines that begin with `#` are remarks.
 * @throws ParleyError `invalid_request` that names the line that is wrong
 */
export function parseTable(text: string, name: string): Table {
  let columns: string[] = [];
  try {
    const rows = parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      delimiter: delimiterOf(text),
      skip_empty_lines: true,
      trim: true,
      columns(header: string[]) {
        if (new Set(header).size < header.length) throw new Error('a column name stands there twice');
        columns = header;
        return header;
      },
    }) as Record<string, string>[];
    return { columns, rows };
  } catch (error) {
    throw new ParleyError('invalid_request', `“${name}” is no CSV table: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The separator that the line of column names has most of. */
function delimiterOf(text: string): string {
  const header = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  const count = (separator: string): number => header.split(separator).length;
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best));
}
