/** One trading day, prices in dollars. */
export interface SampleDay {
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface PriceWalk {
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
export function walkPrices({ seed, start, drift, spread, volume, from, to }: PriceWalk): SampleDay[] {
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
