import { walkPrices } from './price-walk.ts';

const period = { from: '2026-05-20', to: '2026-11-20' };

const COMPANIES = [
  { symbol: 'AAPL', seed: 101, start: 228, drift: 0.0008, spread: 0.013, volume: 48e6 },
  { symbol: 'AMZN', seed: 202, start: 214, drift: 0.0004, spread: 0.017, volume: 41e6 },
  { symbol: 'GOOGL', seed: 303, start: 187, drift: 0.001, spread: 0.015, volume: 29e6 },
  { symbol: 'MSFT', seed: 404, start: 466, drift: 0.0005, spread: 0.011, volume: 21e6 },
  { symbol: 'TSLA', seed: 505, start: 341, drift: -0.0002, spread: 0.031, volume: 92e6 },
];

const REMARK = '# Sample data: invented by libs/research-tools/src/samples, no real prices of this company.';

/** The files of `data-samples`, by their paths in it. */
export function sampleFiles(): Map<string, string> {
  return new Map(
    COMPANIES.map(({ symbol, ...walk }) => {
      const lines = walkPrices({ ...walk, ...period }).map(({ date, open, high, low, close, volume }) =>
        [date, ...[open, high, low, close].map((price) => price.toFixed(2)), volume].join(','),
      );
      const text = [REMARK, 'date,open,high,low,close,volume', ...lines, ''].join('\n');
      return [`prices/${symbol}.csv`, text];
    }),
  );
}
