import { NUMBER, parseDecimal, toScaled } from '../../language/decimal.ts';

/** Measured amounts, in whole numbers: nothing is lost when they are added up. */
export interface Measures {
  readonly metres?: number;
  readonly seconds?: number;
  readonly steps?: number;
  /** Push-ups, lengths, and other things counted one by one. */
  readonly repetitions?: number;
}

const unit = (number: string, words: string): RegExp =>
  new RegExp(`(${number})\\s?-?(?:${words})(?!\\p{L})`, 'iu');

const STEPS = unit(NUMBER, String.raw`(?:more\s)?(?:steps?|schritte?)`);
const PLAIN = String.raw`(?<![\p{L}\d.,])\d+(?:[.,]\d+)?`;
const KILOMETRES = unit(PLAIN, 'km|kms|kilomet(?:er|re)s?|kilometern?');
/** `a 5k`, `ran 10k`: a distance for runners; steps have been taken out before. */
const RUNNERS_KILOMETRES = unit(String.raw`(?<![\p{L}\d.,])\d{1,3}(?:[.,]\d+)?`, 'k');
const MILES = unit(PLAIN, 'miles?|mi');
const METRES = unit(NUMBER, 'm|met(?:er|re)s?|metern?');
const HOURS_AND_MINUTES =
  /(?<![\d:.,])(\d{1,2})\s?(?:h|hours?|hrs?|stunden?)\s?(?:and\s)?(\d{1,2})(?:\s?(?:minutes?|mins?|m|minuten)?)(?![\p{L}\d:])/iu;
const CLOCK = /(?<![\d:.,])(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?![\d:])(?!\s?(?:am|pm|o'clock|uhr)\b)/i;
const HOURS = unit(PLAIN, 'h|hours?|hrs?|stunden?');
const MINUTES = unit(PLAIN, "min|mins|minutes?|minuten|'");
const SECONDS = unit(PLAIN, 's|secs?|seconds?|sekunden');
const REPETITIONS = unit(
  String.raw`(?<![\p{L}\d.,])\d{1,5}`,
  String.raw`(?:\p{L}+\s)?(?:push-?ups?|pull-?ups?|sit-?ups?|squats?|burpees?|lunges?|crunches|reps?|repetitions|lengths?|laps?|liegestütze?)`,
);

const METRES_IN_MILE = 1609.344;

/** Distances, times, steps and repetitions that a text names. */
export function measuresIn(text: string): Measures {
  const steps = scaled(STEPS.exec(text)?.[1], 0, 'groups');
  const rest = text.replace(STEPS, ' ');
  const metres = metresIn(rest);
  const seconds = secondsIn(rest);
  const repetitions = scaled(REPETITIONS.exec(rest)?.[1], 0, 'groups');
  return {
    ...(metres === undefined || metres === 0 ? {} : { metres }),
    ...(seconds === undefined || seconds === 0 ? {} : { seconds }),
    ...(steps === undefined || steps === 0 ? {} : { steps }),
    ...(repetitions === undefined || repetitions === 0 ? {} : { repetitions }),
  };
}

function metresIn(text: string): number | undefined {
  const kilometres = KILOMETRES.exec(text)?.[1] ?? RUNNERS_KILOMETRES.exec(text)?.[1];
  if (kilometres !== undefined) return scaled(kilometres, 3, 'decimals');
  const miles = scaled(MILES.exec(text)?.[1], 3, 'decimals');
  if (miles !== undefined) return Math.round((miles / 1000) * METRES_IN_MILE);
  if (/\bhalf[- ]marathon\b/i.test(text)) return 21_098;
  if (/\bmarathon\b/i.test(text)) return 42_195;
  return scaled(METRES.exec(text)?.[1], 0, 'groups');
}

function secondsIn(text: string): number | undefined {
  const both = HOURS_AND_MINUTES.exec(text);
  if (both !== null) return Number(both[1]) * 3600 + Number(both[2]) * 60;
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, hours, minutes, last] = clock;
    return Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(last);
  }
  if (/\bhalf an hour\b|\beine halbe stunde\b/i.test(text)) return 1800;
  if (/\ban hour and a half\b|\bone and a half hours\b/i.test(text)) return 5400;
  const hours =
    scaled(HOURS.exec(text)?.[1], 2, 'decimals') ??
    (/\b(?:an|one|eine) (?:hour|stunde)\b/i.test(text) ? 100 : undefined);
  const minutes = scaled(MINUTES.exec(text)?.[1], 2, 'decimals');
  const seconds = scaled(SECONDS.exec(text)?.[1], 0, 'decimals');
  if (hours === undefined && minutes === undefined && seconds === undefined) return undefined;
  return Math.round((hours ?? 0) * 36 + (minutes ?? 0) * 0.6) + (seconds ?? 0);
}

function scaled(
  literal: string | undefined,
  places: number,
  mark: 'groups' | 'decimals',
): number | undefined {
  const decimal = literal === undefined ? undefined : parseDecimal(literal, mark);
  return decimal === undefined ? undefined : toScaled(decimal, places);
}

/** `5 km`, `800 m`. */
export function sayDistance(metres: number): string {
  return metres < 1000 ? `${metres} m` : `${Math.round(metres / 10) / 100} km`;
}

/** `30 min`, `1 h 5 min`, `45 s`. */
export function sayDuration(seconds: number): string {
  const rounded = seconds < 60 ? seconds : Math.round(seconds / 60) * 60;
  if (rounded < 60) return `${rounded} s`;
  const hours = Math.floor(rounded / 3600);
  const minutes = (rounded % 3600) / 60;
  return [hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : ''].filter(Boolean).join(' ');
}

/** Time for each kilometre: `6:00 min/km`. */
export function sayPace(metres: number, seconds: number): string {
  const each = Math.round(seconds / (metres / 1000));
  return `${Math.floor(each / 60)}:${String(each % 60).padStart(2, '0')} min/km`;
}
