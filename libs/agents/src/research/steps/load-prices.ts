import { type DataFolder, queryTable } from '@parley/research-tools';
import { ParleyError } from '@parley/shared-models';
import { Day } from '../../language/day.ts';
import { type PriceDay, PriceSeries } from '../figures/price-series.ts';
import { sayDate } from '../figures/say-number.ts';
import { daysOf, type Period } from '../request/period.ts';

export interface WantedPrices {
  readonly symbol: string;
  readonly name: string;
  readonly period: Period;
}

/** Of one share, so that the results of a task stay small enough to be stored. */
const MAX_DAYS = 520;

/**
 * The prices of a share from its CSV file. A period that the file does not cover gives a series without days.
 * @throws ParleyError `not_found` when there is no file, `invalid_request` when it is not made as it must be
 */
export async function loadPrices(
  data: DataFolder,
  { symbol, name, period }: WantedPrices,
): Promise<PriceSeries> {
  const files = await data.list();
  const file = files.find((each) => each.name.toLowerCase() === `prices/${symbol.toLowerCase()}`);
  if (file === undefined) throw new ParleyError('not_found', `There are no prices of ${symbol}.`);
  const table = await data.read(file.name);
  const dates = table.rows.map((row) => row.date ?? '').sort();
  const [firstDay, lastDay] = [dates[0], dates.at(-1)];
  const wrong = dates.find((date) => !Day.safeParse(date).success);
  if (firstDay === undefined || lastDay === undefined || wrong !== undefined) {
    throw new ParleyError('invalid_request', `“${file.name}” needs a column date with days like 2026-01-31.`);
  }
  const { from, to } = daysOf(period, firstDay, lastDay);
  const rows = queryTable(table, {
    where: [
      { column: 'date', is: '>=', value: from },
      { column: 'date', is: '<=', value: to },
    ],
    orderBy: { column: 'date' },
    limit: 5000,
  });
  if (rows.length > MAX_DAYS) {
    throw new ParleyError(
      'invalid_request',
      `${rows.length} days of ${name} are too many: ${MAX_DAYS} at once at most. Ask for a shorter period.`,
    );
  }
  const days = rows.map((row) => dayOf(row, file.name));
  const covered = `${sayDate(firstDay)} to ${sayDate(lastDay)}`;
  const summary =
    days.length === 0
      ? `${name}: no days from ${sayDate(from)} to ${sayDate(to)}; the data covers ${covered}`
      : `${name}: ${days.length} days, ${sayDate(days[0]?.date ?? from)} to ${sayDate(days.at(-1)?.date ?? to)}`;
  return { symbol, name, file: file.name, origin: file.origin, from, to, firstDay, lastDay, days, summary };
}

function dayOf(row: Readonly<Record<string, string | number>>, file: string): PriceDay {
  const { date, close, high = close, low = close, volume } = row;
  const day = PriceSeries.shape.days.element.safeParse({
    date,
    close,
    high: high === '' ? close : high,
    low: low === '' ? close : low,
    volume: volume === undefined || volume === '' ? null : volume,
  });
  if (day.success) return day.data;
  const issue = day.error.issues[0];
  throw new ParleyError(
    'invalid_request',
    `“${file}”, ${date}: ${issue?.path.join('.')}: ${issue?.message}.`,
  );
}
