import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../../tools/test/property-runs.mjs';
import { MEASURES } from '../figures/measure.ts';
import type { Company } from './company.ts';
import { type ParsedRequest, parseRequest } from './parse-request.ts';
import { ResearchRequest } from './research-request.ts';

const companies: Company[] = [
  { symbol: 'AAPL', name: 'Apple', also: [] },
  { symbol: 'GOOGL', name: 'Google', also: ['alphabet', 'goog'] },
  { symbol: 'TSLA', name: 'Tesla', also: [] },
  { symbol: 'A', name: 'Agilent', also: [] },
];

const parse = (text: string, before?: ResearchRequest): ParsedRequest =>
  parseRequest(text, { companies, files: ['sales', 'prices/AAPL'], today: '2026-11-21', before });

describe('the rules read of a request', () => {
  it.each([
    ['Analyze the stock performance of Apple, Google, and Tesla', ['AAPL', 'GOOGL', 'TSLA'], MEASURES],
    ["Focus only on Tesla's stock volatility", ['TSLA'], ['volatility']],
    ['tsla vs. alphabet: highs and lows', ['TSLA', 'GOOGL'], ['range']],
    ['The risk and the trading volume of AAPL', ['AAPL'], ['volatility', 'volume']],
    ['What is the average price of Tesla?', ['TSLA'], ['average']],
    ['A drawdown of $A', ['A'], ['drawdown']],
    [
      'Compare Apple and Tesla without volume and the drawdown',
      ['AAPL', 'TSLA'],
      MEASURES.filter((each) => each !== 'volume' && each !== 'drawdown'),
    ],
    ['Which stock fell?', ['AAPL', 'GOOGL', 'TSLA', 'A'], ['return']],
    ['Wie hoch war die Rendite von Apple?', ['AAPL'], ['return']],
    ['I ate an applepie', [], MEASURES],
  ])('shares and measures: %s', (text, symbols, measures) => {
    expect(parse(text)).toMatchObject({ symbols, measures });
  });

  it.each([
    ['Calculate 15% * 2300', ['15% * 2300']],
    ['What is (3+4)*5?', ['(3+4)*5']],
    ['What is 2026 for Tesla?', ['2026']],
    ['Calculate the volatility of Tesla', []],
  ])('calculations: %s', (text, calculations) => expect(parse(text).calculations).toEqual(calculations));

  it('pages, notes and questions to files that there are', () => {
    const { pages, notes, queries, symbols } = parse(
      'Read https://example.com/Apple?a=1. Note that the moon is full. Total of amount in sales.csv by region, mean of x in nowhere',
    );
    expect(pages).toEqual(['https://example.com/Apple?a=1']);
    expect(notes).toEqual(['the moon is full']);
    expect(queries).toEqual([
      { file: 'sales', query: { aggregate: [{ of: 'amount', by: 'sum' }], groupBy: 'region', limit: 100 } },
    ]);
    expect(symbols).toEqual([]);
    expect(parse('Note that the moon is full and calculate 2^10')).toMatchObject({
      notes: ['the moon is full'],
      calculations: ['2^10'],
    });
  });

  it('names the words that mean nothing to them, and no others', () => {
    expect(parse('Analyze Nvidia and Tesla in Q3, with the phase of the moon').notUnderstood).toEqual([
      ...['Nvidia', 'phase', 'moon'],
    ]);
    expect(parse('Please summarize the key findings for Apple over the last month!').notUnderstood).toEqual(
      [],
    );
    expect(parse('Hello').isUnderstood).toBe(false);
  });

  it('completes a refinement from the request before', () => {
    const before = parse('Analyze the volatility and volume of Apple and Tesla since 1 September');
    expect(parse('Only Tesla please', before)).toMatchObject({
      symbols: ['TSLA'],
      measures: ['volatility', 'volume'],
      period: before.period,
    });
    expect(parse('Without Apple, and shorter', before)).toMatchObject({ symbols: ['TSLA'], isShort: true });
    expect(parse('over the last week', before)).toMatchObject({
      symbols: ['AAPL', 'TSLA'],
      period: { unit: 'week' },
    });
  });

  it('no note where an address was all of it, and no more notes than a task takes', () => {
    expect(parse('Note that https://example.com/a')).toMatchObject({
      notes: [],
      pages: ['https://example.com/a'],
    });
    const many = Array.from({ length: 12 }, (_, number) => `Note that item ${number} counts.`).join(' ');
    expect(ResearchRequest.parse(parse(many)).notes).toHaveLength(10);
  });

  it('notes and sums no longer than a task takes', () => {
    for (const said of [`Note that ${'the moon is full '.repeat(100)}`, `Calculate 1${' + 1'.repeat(400)}`])
      expect(ResearchRequest.safeParse(parse(said)).error).toBeUndefined();
  });

  it('only a request that fits its schema, for any text', () => {
    const words =
      'Apple Tesla volatility last month without and since 2026 1 September calculate 3 + ( Note that sum of x in sales by https://a.b mean , . ; " $ \n 💪 '.split(
        ' ',
      );
    const text = fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((all) => all.join(' ')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (said) => {
        expect(ResearchRequest.safeParse(parse(said)).error).toBeUndefined();
      }),
      { numRuns: runs(300) },
    );
  });

  it('comes to an end with the longest message', () => {
    const pieces = [
      'sum of ',
      'a in ',
      'last ',
      '1 ',
      '(',
      'without ',
      'from 1 June to ',
      'average ',
      'mean of x in ',
      'calculate 1+',
      'http://',
      ' ',
    ];
    for (const piece of pieces) {
      expect(parse(piece.repeat(60_000 / piece.length)).symbols.length).toBeLessThan(9);
    }
  });
});
