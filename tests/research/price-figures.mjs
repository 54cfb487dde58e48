// Computes the figures of a share a second time, by other ways than libs/agents does, and with nothing of it:
//   node tests/research/price-figures.mjs <file.csv> <first day> <last day>
// prints one JSON object.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** @returns the figures of the days from `from` to `to`, both included */
export function priceFigures(csv, from, to) {
  const [header, ...lines] = csv.split('\n').filter((line) => line && line[0] !== '#');
  const names = header.split(',');
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])));
  const days = rows.filter(({ date }) => from <= date && date <= to);
  const close = days.map((day) => parseFloat(day.close));
  const steps = close.slice(1).map((price, at) => Math.log(price) - Math.log(close[at]));
  // The variance by the mean of the squares, not by the squares of the distances.
  const n = steps.length;
  const sum = steps.reduce((a, b) => a + b, 0);
  const squares = steps.reduce((a, b) => a + b * b, 0);
  const daily = Math.sqrt((squares - (sum * sum) / n) / (n - 1));
  let worst = 0;
  for (let i = 0; i < close.length; i++)
    for (let j = i + 1; j < close.length; j++) worst = Math.min(worst, (close[j] - close[i]) / close[i]);
  const highs = days.map((day) => Number(day.high)).sort((a, b) => b - a);
  const lows = days.map((day) => Number(day.low)).sort((a, b) => a - b);
  return {
    days: days.length,
    first: days[0].date,
    last: days[days.length - 1].date,
    // The daily steps make the whole way.
    return: Math.exp(sum) - 1,
    volatility: daily * Math.sqrt(252),
    high: highs[0],
    low: lows[0],
    drawdown: worst,
    average: close.reduce((a, b) => a + b) / close.length,
    volume: days.map((day) => parseInt(day.volume, 10)).reduce((a, b) => a + b) / days.length,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, from = '0000', to = '9999'] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(priceFigures(readFileSync(file, 'utf8'), from, to), null, 2)}\n`);
}
