import type { Comparison } from '../figures/comparison.ts';
import type { Figure } from '../figures/figure.ts';
import type { Measure } from '../figures/measure.ts';
import { sayChange, sayCount, sayDate, sayList, sayPrice, sayShare } from '../figures/say-number.ts';
import type { Material } from './material.ts';

/** The remarkable findings, sentence by sentence, each made of computed figures. */
export function keyFindings({ figures, comparison, series }: Material, isShort: boolean): string[] {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const lines = measures.flatMap((measure) => {
    const own = figures.filter((figure) => figure.measure === measure && figure.value !== null);
    if (own.length === 0) return [];
    if (own.length === 1 || series.length === 1) return own.map(sayOne);
    return [sayRanked(measure, own)];
  });
  const together = comparison === undefined ? [] : sayCorrelations(comparison, figures);
  return isShort ? lines.slice(0, 2) : [...lines, ...together];
}

function sayOne({ measure, name, value, shown, at, daily }: Figure): string {
  const [one, other] = at;
  const fact = `**${shown}**`;
  switch (measure) {
    case 'return': {
      if (one === undefined || other === undefined) return '';
      const verb = (value ?? 0) < 0 ? 'fell' : 'rose';
      return `${name} ${verb} by ${fact.replace('+', '').replace('−', '')}, from ${sayPrice(one.price)} on ${sayDate(one.date)} to ${sayPrice(other.price)} on ${sayDate(other.date)}.`;
    }
    case 'volatility':
      return `${name}’s volatility was ${fact} a year: on an ordinary day the price moved by about ${sayShare(daily ?? 0, 2)}.`;
    case 'range':
      if (one === undefined || other === undefined) return '';
      return `${name} traded between ${sayPrice(other.price)} (${sayDate(other.date)}) and ${sayPrice(one.price)} (${sayDate(one.date)}).`;
    case 'drawdown':
      if (one === undefined || other === undefined || value === 0)
        return `${name} never fell below an earlier close.`;
      return `Its largest drawdown was ${fact}, from ${sayDate(one.date)} to ${sayDate(other.date)}.`.replace(
        'Its',
        `${name}’s`,
      );
    case 'average':
      return `${name} closed at ${fact} on average.`;
    case 'volume':
      return `${shown} ${name} shares changed hands on an average day.`;
  }
}

const VALUES: Readonly<Record<Measure, (value: number) => string>> = {
  return: sayChange,
  volatility: sayShare,
  range: sayShare,
  drawdown: sayChange,
  average: sayPrice,
  volume: sayCount,
};

function sayRanked(measure: Measure, figures: readonly Figure[]): string {
  const ranked = figures.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const [top] = ranked;
  const bottom = ranked.at(-1);
  if (top === undefined || bottom === undefined) return '';
  const say = ({ name, value }: Figure): string => `${name} (**${VALUES[measure](value ?? 0)}**)`;
  const between = ranked.slice(1, -1);
  const middle = between.length === 0 ? '' : `, ${sayList(between.map(say))} in between`;
  switch (measure) {
    case 'return':
      return `${say(top)} did best and ${say(bottom)} worst${middle}.`;
    case 'volatility':
      return `${say(top)} was the most volatile, ${say(bottom)} the calmest${middle}.`;
    case 'range':
      return `The widest price range, high above low, was that of ${say(top)}, the narrowest that of ${say(bottom)}${middle}.`;
    case 'drawdown':
      return `${say(bottom)} had the largest drawdown, ${say(top)} the smallest${middle}.`;
    case 'average':
      return `The average closing price was highest for ${say(top)} and lowest for ${say(bottom)}${middle}.`;
    case 'volume':
      return `${say(top)} was traded most, ${say(bottom)} least${middle}, in shares a day.`;
  }
}

function sayCorrelations({ correlations }: Comparison, figures: readonly Figure[]): string[] {
  const nameOf = (symbol: string): string => figures.find((each) => each.symbol === symbol)?.name ?? symbol;
  const closest = correlations.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))[0];
  if (closest === undefined) return [];
  const { one, other, value } = closest;
  const number = value.toFixed(2).replace('-', '−');
  const how = Math.abs(value) < 0.3 ? 'hardly together' : value > 0 ? 'together' : 'against each other';
  return [
    `${nameOf(one)} and ${nameOf(other)} moved ${how}: the correlation of their daily returns was ${number}, the strongest of all pairs.`,
  ];
}
