import { describe, expect, it } from '@jest/globals';
import { parseTable } from '@parley/research-tools';
import { dayIn, dayOrderOf } from './read-day.ts';
import { decimalMarkOf, numberIn } from './read-number.ts';
import { type ReadPrices, readPrices } from './read-prices.ts';

const read = async (text: string): Promise<ReadPrices> =>
  readPrices(await parseTable(text, 'prices/X', { isLenient: true }), 'prices/X');
const closes = async (text: string): Promise<string[]> =>
  (await read(text)).days.map(({ date, close }) => `${date} ${close}`);

const TWO = ['2026-01-30 187.25', '2026-02-02 1188.5'];

describe('a price file', () => {
  it.each([
    [
      'names of columns in capitals',
      'Date,Open,High,Low,Close,Volume\n2026-01-30,1,2,1,187.25,5\n2026-02-02,1,2,1,1188.5,5',
    ],
    [
      'newest first, more columns, quotes',
      '"Date","Close","Change %"\n"2026-02-02","1,188.50","+1%"\n"2026-01-30","187.25","-1%"',
    ],
    ['a byte order mark, CRLF', '\uFEFFdate,close\r\n2026-01-30,187.25\r\n2026-02-02,1188.5\r\n'],
    ['semicolons and decimal commas', 'Datum;Schlusskurs\n30.01.2026;187,25\n02.02.2026;1.188,50'],
    ['tabs', 'day\tprice\n2026-01-30\t187.25\n2026-02-02\t1188.5'],
    ['only adjusted prices', 'Date,Adj Close\n2026-01-30,187.25\n2026-02-02,1188.5'],
    ['adjusted ones beside others', 'Date,Adj Close,Close\n2026-01-30,1,187.25\n2026-02-02,1,1188.5'],
    [
      'dollar signs and American days',
      'Date,Close/Last,Volume\n02/02/2026,"$1,188.50",1\n01/30/2026,$187.25,1',
    ],
    ['European days', 'date,close\n30/01/2026,187.25\n02/02/2026,1188.5'],
    ['named months', 'date,close\n"Jan 30, 2026",187.25\n"Feb 2, 2026",1188.5'],
    ['named months the other way', 'date,close\n30-Jan-26,187.25\n2-Feb-26,1188.5'],
    ['times', 'timestamp,close\n2026-01-30T16:00:00Z,187.25\n2026-02-02 16:00,1188.5'],
    ['days without separators', 'date,close\n20260130,187.25\n20260202,1188.5'],
    ['named months in German', 'Datum;Schluß\n30. Januar 2026;187,25\n2. Feb. 2026;1188,5'],
    ['seconds since 1970', 'timestamp,close\n1769781600,187.25\n1770040800000,1188.5'],
    ['bars', 'date|close\n2026-01-30|187.25\n2026-02-02|1188.5'],
    ['the separator said', 'sep=;\ndate;close\n2026-01-30;187.25\n2026-02-02;1188.5'],
    ['a column without a name', ',date,close\n0,2026-01-30,187.25\n1,2026-02-02,1188.5'],
    ['separators behind the last cell', 'date,close,\n2026-01-30,187.25,,,\n,,,\n2026-02-02,1188.5,'],
    ['a column that stands there twice', 'date,close,close\n2026-01-30,187.25,3\n2026-02-02,1188.5,4'],
  ])('is read with %s', async (_what, text) => {
    expect(await closes(text)).toEqual(TWO);
    expect((await read(text)).remarks).toEqual([]);
  });

  it.each(['null', 'N/D', 'NaN', '', '-', 'n/a', '0'])(
    'goes on behind a day whose price is “%s”, and names it',
    async (cell) => {
      const text = `date,close\n2026-01-30,187.25\n2026-01-31,${cell}\n2026-02-02,1188.5\n`;
      expect(await closes(text)).toEqual(TWO);
      expect((await read(text)).remarks).toEqual([expect.stringContaining(`line 3: “${cell}” is no price`)]);
    },
  );

  it('takes the closing price where high and low are not there, and no volume where that is missing', async () => {
    const [day] = (await read('date,close,high,low,volume\n2026-01-30,5,null,N/D,1.2M\n')).days;
    expect(day).toEqual({ date: '2026-01-30', close: 5, high: 5, low: 5, volume: 1_200_000 });
    expect((await read('date,close,volume\n2026-01-30,5,n/a\n')).days[0]?.volume).toBeNull();
  });

  it('names what it cannot read, line by line, and how much more there is', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => `someday ${index},1`);
    const text = `date,close\n2026-01-30,187.25\n${rows.join('\n')}\n2026-01-30,3\n2026-02-02,1,188\n`;
    const { days, remarks } = await read(text);
    expect(days).toHaveLength(1);
    expect(remarks[0]).toMatch(/line 3: “someday 0” is no day that is clear; .*; and 6 more lines\.$/);
    expect((await read('date,close\n2026-01-30,1\n2026-02-02,1,188\n')).remarks[0]).toContain(
      'line 3: it has more cells',
    );
  });

  it.each([
    ['no column of days', 'a,close\n1,2\n', 'no column of days'],
    ['no column of prices', 'date,a\n2026-01-30,2\n', 'no column of prices'],
    ['no rows', 'date,close\n', 'it has no rows'],
    ['days that may be two', 'date,close\n02/03/2026,1\n02/04/2026,2\n', 'no day that is clear'],
  ])('is refused with the reason when it has %s', async (_what, text, reason) => {
    await expect(read(text)).rejects.toThrow(reason);
  });
});

describe('a day', () => {
  it.each(['2026-02-30', '31.04.2026', '2026', '1/2/3/4', '', 'May', '99999999'])('is not “%s”', (cell) => {
    expect(dayIn(cell, 'day-first')).toBeUndefined();
  });

  it('has the order of which one puts no trading day on a weekend', () => {
    expect(dayOrderOf(['02/03/2026', '02/04/2026'])).toBe('unknown');
    // The first of February is a Sunday, the second of January a Friday.
    expect(dayOrderOf(['02/03/2026', '01/02/2026'])).toBe('month-first');
    expect(dayOrderOf(['03/02/2026', '04/02/2026', '05/02/2026', '02/01/2026'])).toBe('day-first');
    expect(dayOrderOf(['13/02/2026', '02/13/2026'])).toBe('unknown');
  });
});

describe('a number', () => {
  it.each([
    [['187,25'], ',', ','],
    [['1,234'], ',', '.'],
    [['1,234'], ';', ','],
    [['1.234.567'], ';', ','],
    [['1,234,567'], ',', '.'],
    [['1.234', '1.234,5'], ';', ','],
    [['12.5'], ';', '.'],
  ] as const)('in %j, separated by “%s”, has the mark “%s”', (cells, delimiter, mark) => {
    expect(decimalMarkOf(cells, delimiter)).toBe(mark);
  });

  it.each([
    ['1.234,5', ',', 1234.5],
    ["1'234.5", '.', 1234.5],
    ['1 234,5 €', ',', 1234.5],
    ['USD 12', '.', 12],
    ['3e2', '.', 300],
    ['.5', '.', 0.5],
    ['-1', '.', -1],
    ['12,34.5', '.', undefined],
    ['1.2.3', '.', undefined],
    ['abc', '.', undefined],
    ['0x10', '.', undefined],
  ] as const)('“%s” with the mark “%s” is %s', (cell, mark, value) => {
    expect(numberIn(cell, mark)).toBe(value);
  });
});
