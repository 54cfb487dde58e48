import { type ErrorReport, reportOf } from '@parley/shared-models';

/** The store and the queue are internal: clients only learn that nothing was accepted and that they may try again. */
export function outwardReport(error: unknown): ErrorReport {
  const report = reportOf(error);
  if (report.code !== 'store_unavailable' && report.code !== 'bus_unavailable') return report;
  return {
    code: 'unavailable',
    message: 'Nothing was accepted: the queue or the store cannot be reached. Try again later.',
  };
}
