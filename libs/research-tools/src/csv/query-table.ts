import { ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import type { Table } from './table.ts';

const Column = z.string().min(1).max(100);

/** A query of a table: a small part of SQL. */
export const TableQuery = z.object({
  /** @default all */
  select: z.array(Column).max(50).optional().describe('columns to return; all when left out'),
  where: z
    .array(
      z.object({
        column: Column,
        is: z.enum(['=', '!=', '<', '<=', '>', '>=', 'contains']),
        value: z.union([z.string().max(200), z.number()]),
      }),
    )
    .max(10)
    .optional()
    .describe('conditions that must all hold; numbers are compared as numbers, all else as text'),
  groupBy: Column.optional().describe('one result for each value of this column; with `aggregate`'),
  aggregate: z
    .array(z.object({ of: Column, by: z.enum(['count', 'sum', 'mean', 'min', 'max']) }))
    .max(10)
    .optional()
    .describe('figures over the rows, named like `mean(close)`; instead of `select`'),
  orderBy: z.object({ column: Column, descending: z.boolean().default(false) }).optional(),
  /** @default 100 */
  limit: z.number().int().min(1).max(5000).default(100),
});
export type TableQuery = z.input<typeof TableQuery>;

type Cell = string | number;
export type ResultRow = Readonly<Record<string, Cell>>;

/** @throws ParleyError `invalid_request` when a column does not exist, or figures are wanted of a column that is not numeric */
export function queryTable(table: Table, query: TableQuery): ResultRow[] {
  const { select, where = [], groupBy, aggregate, orderBy, limit } = TableQuery.parse(query);
  const own = [
    ...(select ?? []),
    ...where.map(({ column }) => column),
    ...(aggregate ?? []).map(({ of }) => of),
  ];
  for (const column of groupBy === undefined ? own : [...own, groupBy]) mustHave(table.columns, column);
  const found = table.rows.filter((row) =>
    where.every(({ column, is, value }) => holds(row[column] ?? '', is, value)),
  );
  let result: ResultRow[];
  if (aggregate === undefined) result = found.map((row) => pick(row, select ?? table.columns));
  else {
    const groups =
      groupBy === undefined ? new Map([['', found]]) : Map.groupBy(found, (row) => row[groupBy] ?? '');
    result = [...groups].map(([value, rows]) => ({
      ...(groupBy === undefined ? {} : { [groupBy]: value }),
      ...Object.fromEntries(aggregate.map(({ of, by }) => [`${by}(${of})`, figure(rows, of, by)])),
    }));
  }
  if (orderBy !== undefined) {
    // A column outside the results can still order the rows, before it is left out.
    const { column, descending } = orderBy;
    if (aggregate === undefined) {
      mustHave(table.columns, column);
      result = found
        .toSorted((a, b) => order(a[column] ?? '', b[column] ?? ''))
        .map((row) => pick(row, select ?? table.columns));
    } else {
      mustHave(Object.keys(result[0] ?? { [column]: '' }), column);
      result = result.toSorted((a, b) => order(a[column] ?? '', b[column] ?? ''));
    }
    if (descending) result.reverse();
  }
  return result.slice(0, limit);
}

function mustHave(columns: readonly string[], column: string): void {
  if (columns.includes(column)) return;
  throw new ParleyError(
    'invalid_request',
    `There is no column “${column}”. There are: ${columns.slice(0, 50).join(', ')}.`,
  );
}

const pick = (row: Readonly<Record<string, string>>, columns: readonly string[]): ResultRow =>
  Object.fromEntries(columns.map((column) => [column, asCell(row[column] ?? '')]));

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const asCell = (text: string): Cell => (NUMBER.test(text) ? Number(text) : text);

function order(a: Cell, b: Cell): number {
  const [left, right] = [asCell(String(a)), asCell(String(b))];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(a) < String(b) ? -1 : Number(String(a) !== String(b));
}

function holds(cell: string, is: string, value: Cell): boolean {
  if (is === 'contains') return cell.toLowerCase().includes(String(value).toLowerCase());
  const difference = order(cell, value);
  if (is === '=') return difference === 0;
  if (is === '!=') return difference !== 0;
  if (is.startsWith('<')) return difference < 0 || (is === '<=' && difference === 0);
  return difference > 0 || (is === '>=' && difference === 0);
}

function figure(rows: readonly Readonly<Record<string, string>>[], of: string, by: string): Cell {
  if (by === 'count') return rows.length;
  const numbers = rows.flatMap((row) => {
    const cell = asCell(row[of] ?? '');
    if (typeof cell === 'number') return [cell];
    if (cell === '') return [];
    throw new ParleyError('invalid_request', `“${cell}” in column “${of}” is no number.`);
  });
  const sum = numbers.reduce((total, each) => total + each, 0);
  if (by === 'sum') return sum;
  if (numbers.length === 0) return '';
  if (by === 'mean') return sum / numbers.length;
  return numbers.reduce((best, each) => ((by === 'min') === each < best ? each : best));
}
