import type { FaultReport } from './run-faults.ts';

/** The report for a terminal: counts, recovery times, and all that was wrong, with the seed that repeats it. */
export function describeReport({ run, verdict, recoveries, leftOut }: FaultReport): string {
  const times = recoveries.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const slowest = recoveries.reduce<(typeof recoveries)[number] | undefined>(
    (worst, one) => (worst === undefined || one.ms > worst.ms ? one : worst),
    undefined,
  );
  const counts = new Map<string, number>();
  for (const { fault } of recoveries) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const failed = Object.entries(verdict.failed).map(([reason, count]) => `${count} × ${reason}`);
  return [
    `${run.driver}${run.hasPostgres === true ? ' and postgres' : ''}, seed ${run.seed}, ${(run.durationMs / 1000).toFixed(0)} s, ${recoveries.length} faults`,
    ...[...counts].map(([fault, count]) => `  ${count} × ${fault}`),
    `written ${verdict.written}, acknowledged ${verdict.acknowledged}, answered ${verdict.answered}, failed with a reason ${
      failed.length === 0 ? '0' : failed.join(', ')
    }`,
    `lost ${verdict.lost.length}, open ${verdict.open.length}, answered twice ${verdict.answeredTwice.length}, shown twice ${
      verdict.shownTwice.length
    }, not shown ${verdict.notShown.length}, out of order ${verdict.outOfOrder.length}, died with another ${verdict.diedWithAnother.length}, unexplained errors ${verdict.errors.length}`,
    `recovery p50 ${median.toFixed(0)} ms, max ${slowest?.ms.toFixed(0) ?? 0} ms (${slowest?.fault ?? 'no fault'})`,
    ...(leftOut.length === 0 ? [] : [`not possible here: ${leftOut.join('; ')}`]),
    ...Object.entries(verdict).flatMap(([name, list]) =>
      Array.isArray(list) && list.length > 0 ? [`${name}: ${list.slice(0, 10).join(', ')}`] : [],
    ),
  ].join('\n');
}
