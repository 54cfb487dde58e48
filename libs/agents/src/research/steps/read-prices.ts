import { EXCESS, type Table } from '@parley/research-tools';
import { ParleyError } from '@parley/shared-models';
import type { PriceDay } from '../figures/price-series.ts';
import { dayIn, dayOrderOf } from './read-day.ts';
import { decimalMarkOf, isAbsent, numberIn } from './read-number.ts';

/** The names of columns that people and exchanges use, the best one first; compared as `plain` makes them. */
const NAMES = {
  date: ['date', 'day', 'tradingday', 'tradedate', 'datum', 'tag', 'time', 'timestamp', 'datetime'],
  close: [
    ...['close', 'closeprice', 'closingprice', 'closelast', 'schluss', 'schlusskurs'],
    ...['adjclose', 'adjustedclose', 'adjcloseprice', 'closeadj', 'last', 'lastprice', 'price', 'kurs'],
  ],
  high: ['high', 'highprice', 'hoch', 'tageshoch'],
  low: ['low', 'lowprice', 'tief', 'tagestief'],
  volume: ['volume', 'vol', 'volumen', 'umsatz', 'shares', 'stucke', 'stuck'],
} as const;
type Column = keyof typeof NAMES;

/** So many rows that cannot be read are named one by one. */
const NAMED_ROWS = 5;

/** The days of a price file, oldest first, and its unreadable parts with the reasons. */
export interface ReadPrices {
  readonly days: readonly PriceDay[];
  readonly remarks: readonly string[];
}

/**
 * Reads a price file as people mean it: names of columns in any case, a dozen ways to write a day, decimal points or commas,
 * days without a price. Unreadable parts are named; the rest counts.
 * @throws ParleyError `invalid_request` when it has no column of days or of prices, or not one day that can be read
 */
export function readPrices(table: Table, file: string): ReadPrices {
  const columns = columnsOf(table, file);
  const cell = (row: Readonly<Record<string, string>>, column: Column): string => {
    const name = columns[column];
    return name === undefined ? '' : (row[name] ?? '');
  };
  const cells = (column: Column): string[] => table.rows.map((row) => cell(row, column));
  const order = dayOrderOf(cells('date'));
  const prices = [...cells('close'), ...cells('high'), ...cells('low')].filter((each) => !isAbsent(each));
  const mark = decimalMarkOf(prices, table.delimiter);
  const wrong: string[] = [];
  const days = new Map<string, PriceDay>();
  for (const [index, row] of table.rows.entries()) {
    const unread = (why: string): void => void wrong.push(`line ${table.lines[index]}: ${why}`);
    const date = dayIn(cell(row, 'date'), order);
    const close = priceIn(cell(row, 'close'), mark);
    if (row[EXCESS] !== undefined) unread('it has more cells than there are columns');
    else if (date === undefined) unread(`“${shortened(cell(row, 'date'))}” is no day that is clear`);
    else if (close === undefined) unread(`“${shortened(cell(row, 'close'))}” is no price`);
    else if (days.has(date)) unread(`${date} stands there twice`);
    else {
      const [high, low] = [priceIn(cell(row, 'high'), mark), priceIn(cell(row, 'low'), mark)];
      const volume = isAbsent(cell(row, 'volume')) ? undefined : numberIn(cell(row, 'volume'), mark);
      days.set(date, {
        date,
        close,
        high: high ?? close,
        low: low ?? close,
        volume: volume !== undefined && volume >= 0 ? volume : null,
      });
    }
  }
  if (days.size === 0) {
    const why = wrong[0] ?? 'it has no rows';
    throw new ParleyError('invalid_request', `“${file}” has no day that can be read: ${why}.`);
  }
  return {
    days: [...days.values()].sort((one, other) => (one.date < other.date ? -1 : 1)),
    remarks: remarksOf(wrong, file),
  };
}

function priceIn(cell: string, mark: '.' | ','): number | undefined {
  const price = isAbsent(cell) ? undefined : numberIn(cell, mark);
  return price !== undefined && Number.isFinite(price) && price > 0 ? price : undefined;
}

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/\([^)]{0,20}\)/g, '')
    .replace(/[^a-z]/g, '');

function columnsOf({ columns }: Table, file: string): Partial<Record<Column, string>> {
  const named = (column: Column): string | undefined => {
    for (const wanted of NAMES[column]) {
      const found = columns.find((name) => plain(name) === wanted);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const [date, close, high, low, volume] = (['date', 'close', 'high', 'low', 'volume'] as const).map(named);
  if (date === undefined || close === undefined) {
    const missing = date === undefined ? 'days, such as date' : 'prices, such as close';
    const there = shortened(columns.slice(0, 20).join(', '), 200);
    throw new ParleyError('invalid_request', `“${file}” has no column of ${missing}. There are: ${there}.`);
  }
  return { date, close, ...(high && { high }), ...(low && { low }), ...(volume && { volume }) };
}

function remarksOf(wrong: readonly string[], file: string): string[] {
  if (wrong.length === 0) return [];
  const more = wrong.length - NAMED_ROWS;
  const named = wrong.slice(0, NAMED_ROWS).join('; ');
  return [
    `“${file}.csv” could not be read completely: ${named}${more > 0 ? `; and ${more} more lines` : ''}.`,
  ];
}

const shortened = (text: string, length = 40): string =>
  text.length <= length ? text : `${text.slice(0, length)}…`;
