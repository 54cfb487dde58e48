import { parseDecimal, toScaled } from '../../language/decimal.ts';

const GLASS = 250;
const BOTTLE = 500;
const AMOUNT =
  /(?<![\p{L}\d.,])(\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|half an?)\s?(ml|millilit(?:er|re)s?|cl|l|lit(?:er|re)s?|glass(?:es)?|cups?|bottles?|gläser|glas)(?!\p{L})/iu;
const WORDS: Readonly<Record<string, string>> = {
  a: '1',
  an: '1',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  'half a': '0.5',
  'half an': '0.5',
};

/** Water that a text names, in millilitres; a glass counts 250, a bottle 500. Undefined: none. */
export function waterIn(text: string): number | undefined {
  if (!/\b(?:water|drink|drank|drunk|wasser|hydrat\w*)\b/i.test(text)) return undefined;
  const [, literal = '', unit = ''] = AMOUNT.exec(text) ?? [];
  const decimal = parseDecimal(WORDS[literal.toLowerCase()] ?? literal, 'decimals');
  const thousandths = decimal === undefined || decimal === '' ? undefined : toScaled(decimal, 3);
  if (thousandths === undefined || thousandths === 0) return undefined;
  const millilitres = Math.round((thousandths / 1000) * millilitresIn(unit.toLowerCase()));
  return millilitres === 0 ? undefined : millilitres;
}

function millilitresIn(unit: string): number {
  if (unit.startsWith('ml') || unit.startsWith('milli')) return 1;
  if (unit === 'cl') return 10;
  if (unit === 'l' || unit.startsWith('lit')) return 1000;
  return unit.startsWith('bottle') ? BOTTLE : GLASS;
}
