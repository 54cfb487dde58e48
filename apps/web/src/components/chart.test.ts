import { describe, expect, it } from '@jest/globals';
import { isChart } from './chart.ts';

const address = (inner: string): string =>
  `data:image/svg+xml;base64,${btoa(`<svg xmlns="http://www.w3.org/2000/svg">${inner}</svg>`)}`;

describe('isChart', () => {
  it('takes a picture of lines and words, in base64 or not', () => {
    expect(
      isChart(
        address(
          '<style>.a{fill:red}</style><path class="a" d="M0 0"/><text>mask and filter &#38; dots</text>',
        ),
      ),
    ).toBe(true);
    expect(isChart(`data:image/svg+xml,${encodeURIComponent('<svg><rect/></svg>')}`)).toBe(true);
  });

  it.each([
    ['references', '<use href="#a"/>'],
    ['a filter', '<filter id="f"/>'],
    ['a filter in a style', '<rect style="filter: blur(900px)"/>'],
    ['a filter behind an escape of CSS', '<style>rect{f\\69lter:blur(900px)}</style>'],
    ['a filter behind a reference', '<rect style="fil&#116;er: blur(900px)"/>'],
    ['lines of endless dashes', '<path stroke-dasharray="0.0001"/>'],
    ['an animation', '<animate/>'],
    ['HTML', '<foreignObject/>'],
    ['a pattern', '<pattern/>'],
    ['an entity', '<!ENTITY a "b">'],
    ['another picture', '<image href="https://example.com/a.png"/>'],
    ['too many elements', '<g/>'.repeat(5001)],
  ])('refuses a chart with %s', (_, inner) => {
    expect(isChart(address(inner))).toBe(false);
  });

  it.each([
    'data:image/png;base64,AAAA',
    'data:image/svg+xml;base64,%%%',
    'data:image/svg+xml,%E0%A4%A',
    'https://example.com/a.svg',
    `data:image/svg+xml,${' '.repeat(300_001)}`,
  ])('refuses %.60s', (other) => {
    expect(isChart(other)).toBe(false);
  });
});
