import { setTimeout as delay } from 'node:timers/promises';
import type { HttpApi } from '@parley/client';
import { type ExternalStatusReport, ParleyError } from '@parley/shared-models';
import { plain, print, printError, style } from '../output.ts';

type Status = ExternalStatusReport['gateways'][number];

export interface WatchExternalOptions {
  readonly api: HttpApi;
  readonly isJson: boolean;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/** A line for each gateway whenever something about it has changed. @throws ParleyError when the first try fails */
export async function watchExternal({
  api,
  isJson,
  intervalMs,
  signal,
}: WatchExternalOptions): Promise<void> {
  const last = new Map<string, string>();
  let isFirst = true;
  let isAway = false;
  while (!signal.aborted) {
    try {
      const { gateways } = await api.externalStatus({ signal });
      if (isFirst && gateways.length === 0 && !isJson)
        print('No gateway yet. EXTERNAL_WS_URL=… npx nx serve gateway');
      if (isAway) printError(style('dim', 'Parley is back', process.stderr));
      isAway = false;
      for (const status of gateways) {
        // When it was reported is no news.
        const { reportedAt: _, ...rest } = status;
        const now = JSON.stringify(rest);
        if (last.get(status.gatewayId) === now) continue;
        last.set(status.gatewayId, now);
        print(isJson ? JSON.stringify(status) : lineOf(status));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFirst || !(error instanceof ParleyError)) throw error;
      if (!isAway) printError(style('yellow', plain(`${error.message} Trying again.`), process.stderr));
      isAway = true;
    }
    isFirst = false;
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

function lineOf(status: Status): string {
  const { url, state, isHere, received, sent, answered, failed, ignored, queued, kept, reconnects } = status;
  const what = isHere ? state : 'gateway gone';
  const colour = what === 'connected' ? 'green' : 'yellow';
  const counters = `received ${received}, answered ${answered}, sent ${sent}, failed ${failed}, ignored ${ignored}`;
  const waiting = queued + kept === 0 ? '' : `, waiting in ${queued} out ${kept}`;
  const latency =
    status.latency === undefined ? '' : `, ${status.latency.meanMs} ms (p95 ${status.latency.p95Ms})`;
  const error =
    status.lastError === undefined || state === 'connected'
      ? ''
      : `, last error: ${plain(status.lastError.message)}`;
  const time = status.reportedAt.slice(11, 19);
  return `${style('dim', time)} ${style(colour, what)} ${plain(url)}: ${counters}, reconnects ${reconnects}${waiting}${latency}${error}`;
}
