import type { Measure } from '../figures/measure.ts';
import type { PriceSeries } from '../figures/price-series.ts';
import { sayList } from '../figures/say-number.ts';
import { type Chart, drawChart } from './draw-chart.ts';

/** The chart that shows a report's subject best, as a Markdown image; undefined when there is nothing to draw. */
export function chartOf(series: readonly PriceSeries[], measures: readonly Measure[]): string | undefined {
  const drawn = series.filter(({ days }) => days.length > 1);
  if (drawn.length === 0) return undefined;
  const chart = chooseChart(drawn, measures);
  const encoded = Buffer.from(drawChart(chart)).toString('base64');
  return `![${chart.title.replace(/[\\[\]]/g, '')}](data:image/svg+xml;base64,${encoded})`;
}

function chooseChart(series: readonly PriceSeries[], measures: readonly Measure[]): Chart {
  const names = sayList(series.map(({ name }) => name));
  const [only, ...others] = series;
  if (measures.length === 1 && measures[0] === 'volatility') {
    const lines = series.map(({ name, days }) => ({
      name,
      points: days.slice(1).map(({ date, close }, index) => {
        const before = days[index]?.close ?? close;
        return { date, value: (close / before - 1) * 100 };
      }),
    }));
    return { title: `Daily changes of ${names}`, unit: ' %', lines };
  }
  if (only !== undefined && others.length === 0) {
    const points = only.days.map(({ date, close }) => ({ date, value: close }));
    return { title: `Closing prices of ${names}`, unit: '', lines: [{ name: only.name, points }] };
  }
  const lines = series.map(({ name, days }) => ({
    name,
    points: days.map(({ date, close }) => ({ date, value: (close / (days[0]?.close ?? close) - 1) * 100 })),
  }));
  return { title: `Change since the first day: ${names}`, unit: ' %', lines };
}
