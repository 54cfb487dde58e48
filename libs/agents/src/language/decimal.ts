/** How a number's single mark is read where both readings are possible: `1.500`, `42,195`. */
export type SingleMark =
  /** `1,500` is fifteen hundred: amounts, steps. */
  | 'groups'
  /** `42.195` is a little more than 42: distances, weights. */
  | 'decimals';

/** Matches a number as people write it: `1,500.50`, `1.500,50`, `1 500`, `1'500`, `10k`. Not anchored, no flags. */
export const NUMBER = String.raw`(?<![\p{L}\d.,])\d{1,3}(?:[ \u00a0\u202f'’.,]\d{3})+(?:[.,]\d+)?(?:k\b)?(?![.,]?\d)|(?<![\p{L}\d.,])\d+(?:[.,]\d+)?(?:k\b)?(?![.,]?\d)`;

/**
 * The number as plain decimal digits, e.g. `1500.50`, which no rounding touches; undefined when its marks make no
 * sense. `k` at the end means thousand.
 */
export function parseDecimal(literal: string, mark: SingleMark = 'groups'): string | undefined {
  const isThousands = /k$/i.test(literal);
  const digits = literal.replace(/k$/i, '').replace(/[ \u00a0\u202f'’]/g, '');
  const plain = toPlain(digits, isThousands ? 'decimals' : mark);
  if (plain === undefined) return undefined;
  return trimDecimal(isThousands ? shiftPoint(plain, 3) : plain);
}

/**
 * The decimal as a whole number of its smallest parts, `12.5` with two places 1250; undefined when it has more places
 * than that, or is too large to be exact.
 */
export function toScaled(decimal: string, places: number): number | undefined {
  const shifted = trimDecimal(shiftPoint(decimal, places));
  const scaled = Number(shifted);
  return /^\d+$/.test(shifted) && Number.isSafeInteger(scaled) ? scaled : undefined;
}

/** The opposite of `toScaled`: 1250 with two places is `12.50`. */
export function fromScaled(scaled: number, places: number): string {
  const digits = String(Math.abs(scaled)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const sign = scaled < 0 ? '-' : '';
  return places === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-places)}`;
}

function toPlain(digits: string, mark: SingleMark): string | undefined {
  const marks = digits.match(/[.,]/g) ?? [];
  const last = marks.at(-1);
  if (last === undefined) return digits;
  const at = digits.lastIndexOf(last);
  const isDecimal = marks.length === 1 ? !isGroup(digits, at, mark) : marks.some((other) => other !== last);
  if (!isDecimal) return isGrouped(digits, last) ? digits.replaceAll(last, '') : undefined;
  const whole = digits.slice(0, at);
  const group = last === '.' ? ',' : '.';
  // `1.2.3,4`, `1,2,3.4`: the groups before the decimals must be groups too.
  if (whole.includes(last) || (whole.includes(group) && !isGrouped(whole, group))) return undefined;
  return `${whole.replaceAll(group, '')}.${digits.slice(at + 1)}`;
}

function isGroup(digits: string, at: number, mark: SingleMark): boolean {
  return mark === 'groups' && at <= 3 && digits.length - at === 4 && digits[0] !== '0';
}

function isGrouped(digits: string, mark: string): boolean {
  const [first = '', ...others] = digits.split(mark);
  return first.length >= 1 && first.length <= 3 && others.every((group) => group.length === 3);
}

function shiftPoint(decimal: string, places: number): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  const padded = fraction.padEnd(places, '0');
  return `${whole}${padded.slice(0, places)}.${padded.slice(places)}`;
}

function trimDecimal(decimal: string): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  const rest = fraction.replace(/0+$/, '');
  return `${whole.replace(/^0+(?=\d)/, '') || '0'}${rest === '' ? '' : `.${rest}`}`;
}
