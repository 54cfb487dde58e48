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

/** One trading day, prices in dollars. */
interface SampleDay {
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

interface PriceWalk {
  /** The same seed makes the same prices. */
  readonly seed: number;
  /** The first day's opening price. */
  readonly start: number;
  /** Mean of the daily change, as a share: 0.001 is 0.1 %. */
  readonly drift: number;
  /** Spread of the daily change, as a share. */
  readonly spread: number;
  /** Shares traded on an ordinary day. */
  readonly volume: number;
  /** First and last day, `2026-05-20`. */
  readonly from: string;
  readonly to: string;
}

/** Invented prices of all weekdays in a period: each day's change is random. */
function walkPrices({ seed, start, drift, spread, volume, from, to }: PriceWalk): SampleDay[] {
  const random = seededRandom(seed);
  // The sum of twelve has a spread of one: near enough to a normal distribution.
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, each) => sum + each, -6);
  const days: SampleDay[] = [];
  let last = start;
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) {
    const weekday = new Date(at).getUTCDay();
    if (weekday === 0 || weekday === 6) continue;
    const open = cents(last * (1 + normal() * spread * 0.3));
    const close = cents(last * (1 + drift + normal() * spread));
    const high = cents(Math.max(open, close) * (1 + random() * spread * 0.7));
    const low = cents(Math.min(open, close) * (1 - random() * spread * 0.7));
    const moved = Math.abs(close - last) / last / spread;
    const traded = Math.round((volume * (0.7 + random() * 0.5 + moved * 0.25)) / 100) * 100;
    days.push({ date: new Date(at).toISOString().slice(0, 10), open, high, low, close, volume: traded });
    last = close;
  }
  return days;
}

const cents = (amount: number): number => Math.round(amount * 100) / 100;

/** Numbers from 0 to 1 (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
