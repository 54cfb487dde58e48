import { OrderRequested } from './order-events.ts';

const NUMBER_WORDS: Readonly<Record<string, number>> = Object.fromEntries(
  'one two three four five six seven eight nine ten eleven twelve'
    .split(' ')
    .map((word, index) => [word, index + 1] as const)
    .concat([
      ['a', 1],
      ['an', 1],
      ['another', 1],
      ['some', 1],
      ['ein', 1],
      ['eine', 1],
      ['einen', 1],
      ['zwei', 2],
      ['drei', 3],
      ['vier', 4],
      ['fünf', 5],
    ]),
);

const VERB =
  /(?<!\bin )\b(?:re-?order|order|buy|purchase|bestelle?n?|kaufe?n?)\s+(?:me\s+|us\s+|for me\s+|mir\s+|uns\s+)?(?<what>[^.!?\n]+)/iu;
const AMOUNT = /^(?:(?<number>\d+)\s*(?:x|×|pieces? of|units? of)?|(?<word>\p{L}+))\s+(?<product>.+)$/iu;
/** What people add and what is no part of a product's name. */
const AFTERTHOUGHT =
  /[\s,]+(?:please|bitte|thanks|thank you|for me|now|today|asap|as soon as possible|from the (?:shop|store))$/iu;
/** Talks about orders without placing one. */
const NO_ORDER =
  /^(?:status|number|history|confirmation|form|agent|desk|is|was|has|did|will|arrives?|came)\b/i;

/**
 * The order in a sentence such as "order 1 laptop", "I'd like to buy two keyboards please". Undefined when there is none.
 */
export function parseOrder(text: string): OrderRequested | undefined {
  const what = VERB.exec(text)?.groups?.what?.trim();
  if (what === undefined || NO_ORDER.test(what)) return undefined;
  const { number, word, product } = AMOUNT.exec(what)?.groups ?? {};
  const counted = number === undefined ? NUMBER_WORDS[(word ?? '').toLowerCase()] : Number(number);
  const quantity = counted ?? 1;
  const name = withoutAfterthoughts(counted === undefined ? what : (product ?? what));
  const order = OrderRequested.safeParse({ product: capitalised(name), quantity });
  return order.success ? order.data : undefined;
}

function withoutAfterthoughts(product: string): string {
  const shorter = product.replace(AFTERTHOUGHT, '').trim();
  return shorter === product ? product : withoutAfterthoughts(shorter);
}

const capitalised = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
