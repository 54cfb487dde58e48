/** Placeholders for a missing value. */
const ABSENT = new Set([
  '',
  'null',
  'none',
  'nan',
  'na',
  'n/a',
  '#n/a',
  'n/d',
  'nd',
  '-',
  '--',
  '–',
  '—',
  '.',
]);

export const isAbsent = (cell: string): boolean => ABSENT.has(cell.trim().toLowerCase());

export type DecimalMark = '.' | ',';

const SCALES: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9 };

/** Currency signs and names before or behind a number, spaces and apostrophes between its digits. */
const bare = (cell: string): string =>
  cell.replace(/[\s'’\u00A0\u202F]/g, '').replace(/^(?:[A-Z]{3}|\p{Sc})|(?:[A-Z]{3}|\p{Sc})$/gu, '');

/** Which mark a file's numbers have before their decimals, as far as its cells tell: `1.234,5`, `187,25`, `1,234.5`. */
export function decimalMarkOf(cells: readonly string[], delimiter: string): DecimalMark {
  let isCommaPossible = false;
  for (const cell of cells) {
    const text = bare(cell);
    const [dot, comma] = [text.lastIndexOf('.'), text.lastIndexOf(',')];
    if (dot < 0 && comma < 0) continue;
    if (dot >= 0 && comma >= 0) return comma > dot ? ',' : '.';
    // Groups of three digits may be thousands; anything else behind the mark are decimals.
    const isGrouped = /^[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+$/.test(text);
    if (!isGrouped) return comma >= 0 ? ',' : '.';
    // More than one of the same mark: that is for thousands.
    if (text.split(comma >= 0 ? ',' : '.').length > 2) return comma >= 0 ? '.' : ',';
    isCommaPossible ||= comma >= 0;
  }
  // Where commas separate no cells, they are decimal ones.
  return isCommaPossible && delimiter !== ',' ? ',' : '.';
}

const GROUPED = { ',': /^[+-]?\d{1,3}(?:,\d{3})+$/, '.': /^[+-]?\d{1,3}(?:\.\d{3})+$/ } as const;

/** The number in a cell; undefined: it is not a number. */
export function numberIn(cell: string, mark: DecimalMark): number | undefined {
  const text = bare(cell);
  const thousands = mark === '.' ? ',' : '.';
  const scale = SCALES[text.at(-1)?.toLowerCase() ?? ''];
  const digits = scale === undefined ? text : text.slice(0, -1);
  const [whole = '', ...rest] = digits.split(mark);
  if (rest.length > 1) return undefined;
  const isGrouped = GROUPED[thousands].test(whole);
  const plain = isGrouped ? whole.replaceAll(thousands, '') : whole;
  const number = rest.length === 0 ? plain : `${plain}.${rest[0]}`;
  if (!/^[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,3})?$/i.test(number)) return undefined;
  return Number(number) * (scale ?? 1);
}
