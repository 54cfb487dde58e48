/**
 * Loaded into a process before its own code: on SIGUSR2 it tells which functions were called since the last SIGUSR2, as
 * `{ [url of the file]: [offset of the function, …] }` in `$CALLS_FOLDER/<process id>.json`.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const target = path.join(process.env.CALLS_FOLDER ?? '', `${process.pid}.json`);
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  process.on('SIGUSR2', () => {
    session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) throw error;
      // Renamed, so that nobody reads half of it.
      writeFileSync(`${target}.new`, JSON.stringify(Object.fromEntries(coverage.result.map(callsOf))));
      renameSync(`${target}.new`, target);
    });
  });
}

function callsOf({ url, functions }: Profiler.ScriptCoverage): [url: string, offsets: number[]] {
  const called = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
  return [url, called.map(({ ranges }) => ranges[0]?.startOffset ?? 0)];
}
