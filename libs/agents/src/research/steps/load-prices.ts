import type { DataFolder } from '@parley/research-tools';
import { ERRORS, ParleyError } from '@parley/shared-models';
import type { PriceSeries } from '../figures/price-series.ts';
import { sayDate } from '../figures/say-number.ts';
import { daysOf, type Period } from '../request/period.ts';
import { readPrices } from './read-prices.ts';

export interface WantedPrices {
  readonly symbol: string;
  readonly name: string;
  readonly period: Period;
}

/** Of one share, so that the results of a task stay small enough to be stored. */
const MAX_DAYS = 520;

/**
 * The prices of a share from its CSV file. A period that the file does not cover gives a series without days, and so does a file
 * that cannot be read, with the reason as its summary: one bad file must not cost the whole report.
 * @throws ParleyError where a further attempt can help
 */
export async function loadPrices(data: DataFolder, wanted: WantedPrices): Promise<PriceSeries> {
  try {
    return await load(data, wanted);
  } catch (error) {
    if (!(error instanceof ParleyError) || ERRORS[error.code].canRetry) throw error;
    const { symbol, name } = wanted;
    const summary = `${name} could not be read: ${error.message.replace(/\.$/, '')}`;
    return { symbol, name, file: `prices/${symbol}`, origin: 'own', days: [], remarks: [], summary };
  }
}

async function load(data: DataFolder, { symbol, name, period }: WantedPrices): Promise<PriceSeries> {
  const files = await data.list();
  const file = files.find((each) => each.name.toLowerCase() === `prices/${symbol.toLowerCase()}`);
  if (file === undefined) throw new ParleyError('not_found', `There are no prices of ${symbol}.`);
  const { days: all, remarks } = readPrices(await data.read(file.name, { isLenient: true }), file.name);
  const firstDay = all[0]?.date ?? '';
  const lastDay = all.at(-1)?.date ?? '';
  const { from, to } = daysOf(period, firstDay, lastDay);
  const days = all.filter(({ date }) => date >= from && date <= to);
  if (days.length > MAX_DAYS) {
    throw new ParleyError(
      'invalid_request',
      `${days.length} days of ${name} are too many: ${MAX_DAYS} at once at most. Ask for a shorter period.`,
    );
  }
  const covered = { firstDay, lastDay };
  const summary =
    days.length === 0
      ? `${name}: no days from ${sayDate(from)} to ${sayDate(to)}; the data covers ${sayDate(firstDay)} to ${sayDate(lastDay)}`
      : `${name}: ${days.length} days, ${sayDate(days[0]?.date ?? from)} to ${sayDate(days.at(-1)?.date ?? to)}`;
  const { origin } = file;
  return { symbol, name, file: file.name, origin, covered, days, remarks: [...remarks], summary };
}
