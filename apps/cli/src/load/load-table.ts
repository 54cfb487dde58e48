import { plain, style } from '../output.ts';
import type { LoadSummary } from './load-summary.ts';

const ERRORS_SHOWN = 5;

/** The figures for people. */
export function loadTable(
  { clients, duration, url }: { clients: number; duration: number; url: string },
  summary: LoadSummary,
): string {
  const { sent, received, successRate, messagesPerSecond, errors, responseMs, errorKinds } = summary;
  const lines = [
    style('bold', 'LOAD TEST RESULTS'),
    '=================',
    section('Test configuration'),
    row('Clients', String(clients)),
    row('Duration', `${duration}s`),
    row('Server', url),
    section('Results overview'),
    row('Messages sent', String(sent)),
    row('Messages received', String(received)),
    row('Success rate', `${percent(successRate)}%`),
    row('Messages/second', messagesPerSecond.toFixed(2)),
    row('Total errors', String(errors)),
  ];
  if (responseMs !== undefined) {
    lines.push(
      section('Response times'),
      row('Average', seconds(responseMs.average)),
      row('Median', seconds(responseMs.median)),
      row('95th percentile', seconds(responseMs.p95)),
    );
  }
  if (errorKinds.length > 0) lines.push(section('Errors'));
  for (const { message, count } of errorKinds.slice(0, ERRORS_SHOWN))
    lines.push(`  ${count} × ${plain(message)}`);
  return lines.join('\n');
}

const section = (title: string): string => `\n${style('bold', title)}`;
const row = (name: string, value: string): string => `  ${`${name}:`.padEnd(19)}${value}`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)}s`;

/** Rounded down: 100.00 only when it is all of them. */
const percent = (rate: number): string => (Math.floor(rate * 10_000) / 100).toFixed(2);
