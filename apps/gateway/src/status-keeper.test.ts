import { expect, it } from '@jest/globals';
import { createLatencyWindow } from './status-keeper.ts';

it('tells mean and 95th percentile of the last times', () => {
  const window = createLatencyWindow(20);
  expect(window.summary()).toBeUndefined();
  window.add(10_000);
  for (let ms = 1; ms <= 20; ms++) window.add(ms);
  expect(window.summary()).toEqual({ meanMs: 10.5, p95Ms: 19 });
});
