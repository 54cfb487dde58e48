import { describe, expect, it } from '@jest/globals';
import { describeReport } from './report.ts';
import { runFaults } from './run-faults.ts';
import { isClean } from './verdict.ts';

/** Short runs with a fixed seed; `npm run test:faults` makes longer ones with others. */
describe('under faults', () => {
  it.each(['embedded', 'rabbitmq'] as const)(
    'no message is lost, left open, answered or shown twice, or out of order over the %s queue',
    async (driver) => {
      const report = await runFaults({ driver, seed: 7, durationMs: 15_000, clients: 8 });
      // The report as the failure's text: it names the seed and what was wrong.
      expect(isClean(report.verdict) ? 'clean' : describeReport(report)).toBe('clean');
      // Each of the 16 conversations wrote, and after each fault somebody was answered.
      expect(report.verdict.acknowledged).toBeGreaterThanOrEqual(16);
      expect(report.recoveries.length).toBeGreaterThan(0);
    },
    180_000,
  );

  it('notices when replies are no longer recognised as the same', async () => {
    const report = await runFaults({
      driver: 'embedded',
      seed: 7,
      durationMs: 2000,
      clients: 8,
      broken: 'no-dedupe',
      only: 'rolling restart of broker',
      settleMs: 5000,
    });
    expect(report.verdict.answeredTwice.length).toBeGreaterThan(0);
  }, 120_000);
});
