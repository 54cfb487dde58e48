import { describe, expect, it } from '@jest/globals';
import { type ChartLine, drawChart } from './draw-chart.ts';

const lineOf = (name: string, ...values: readonly number[]): ChartLine => ({
  name,
  points: values.map((value, index) => ({
    date: new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10),
    value,
  })),
});

const pointsOf = (svg: string): number[][] =>
  [...svg.matchAll(/class="line l\d" d="M([^"]+)"/g)].map(([, path = '']) =>
    path.split('L').map((point) => Number(point.split(' ')[1])),
  );

describe('a chart', () => {
  it('draws larger values higher, all of them in the picture', () => {
    const [heights = []] = pointsOf(drawChart({ title: 'T', unit: '', lines: [lineOf('a', 1, 3, 2, -5)] }));
    const [one = 0, three = 0, two = 0, least = 0] = heights;
    expect(three).toBeLessThan(two);
    expect(two).toBeLessThan(one);
    expect(one).toBeLessThan(least);
    for (const height of heights) expect(height >= 40 && height <= 286).toBe(true);
  });

  it('is plain SVG: names are text, nothing runs or is loaded', () => {
    const evil = '<script>alert(1)</script>"\'&';
    const svg = drawChart({ title: evil, unit: ' %', lines: [lineOf(evil, 1, 2)] });
    expect(svg).not.toMatch(/<script|href|url\(|foreignObject/);
    expect(svg).toContain('&#60;script&#62;alert(1)');
  });

  it.each([
    ['one value all the time', [5, 5, 5]],
    ['nothing but zero', [0, 0]],
    ['huge and tiny ones', [1e-9, 1e12]],
  ])('can be drawn of %s', (_what, values) => {
    expect(drawChart({ title: 'T', unit: '', lines: [lineOf('a', ...values)] })).not.toMatch(/NaN|Infinity/);
  });

  it('has at most 120 points a line, the last one among them', () => {
    const values = Array.from({ length: 520 }, (_, index) => index);
    const [heights = []] = pointsOf(drawChart({ title: 'T', unit: '', lines: [lineOf('a', ...values)] }));
    expect(heights.length).toBeLessThanOrEqual(120);
    expect(heights.at(-1)).toBe(Math.min(...heights));
  });

  it('keeps the names of lines apart that end together', () => {
    const svg = drawChart({
      title: 'T',
      unit: '',
      lines: ['a', 'b', 'c', 'd'].map((name) => lineOf(name, 1, 2)),
    });
    const heights = [...svg.matchAll(/class="name n\d" x="\d+" y="([\d.]+)"/g)]
      .map(([, y]) => Number(y))
      .sort((a, b) => a - b);
    for (const [index, height] of heights.entries()) {
      if (index > 0) expect(height - (heights[index - 1] ?? 0)).toBeGreaterThanOrEqual(15);
    }
    expect(heights).toHaveLength(4);
  });
});
