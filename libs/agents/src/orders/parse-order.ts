import { z } from 'zod';
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
/** Words that people add behind a product's name. */
const AFTERTHOUGHT =
  /[\s,]+(?:please|bitte|thanks|thank you|for me|now|today|asap|as soon as possible|from the (?:shop|store))$/iu;
const ADDRESS = /(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}(?![\w-])/iu;
/** "…, and please send the mail to " before an address. */
const LEADS_TO_ADDRESS =
  /[\s,;]*(?:(?<![^\s,;.])(?:and|und|please|bitte|send|write|schicke?|sende|the|a|me|it|eine?|die|mir|e-?mail|mail|confirmation|address|my|is|to|at|an|for|via|by|per)[\s:]+){0,8}[<(]?$/iu;
/** Talks about orders without placing one. */
const NO_ORDER =
  /^(?:status|number|history|confirmation|form|agent|desk|is|was|has|did|will|arrives?|came)\b/i;

/** An order as it is written, with the address for the mail where there is one. */
export type WrittenOrder = Omit<OrderRequested, 'customer'> & { readonly email?: string };

/**
 * The order in a sentence such as "order 1 laptop", "I'd like to buy two keyboards, mail to ada@example.com". Undefined
 * for any other sentence.
 */
export function parseOrder(written: string): WrittenOrder | undefined {
  const { text, email } = withoutAddress(written);
  const what = VERB.exec(text)?.groups?.what?.trim();
  if (what === undefined || NO_ORDER.test(what)) return undefined;
  const { number, word, product } = AMOUNT.exec(what)?.groups ?? {};
  const counted = number === undefined ? NUMBER_WORDS[(word ?? '').toLowerCase()] : Number(number);
  const quantity = counted ?? 1;
  const name = withoutAfterthoughts(counted === undefined ? what : (product ?? what));
  const order = OrderRequested.safeParse({ product: capitalised(name), quantity });
  return order.success ? { ...order.data, ...(email === undefined ? {} : { email }) } : undefined;
}

/** Takes the first mail address out of the text, with the words that lead to it. */
function withoutAddress(text: string): { text: string; email?: string } {
  const found = ADDRESS.exec(text);
  if (found === null || !z.email().safeParse(found[0]).success) return { text };
  const [email] = found;
  const near = Math.max(0, found.index - 100);
  const before = text.slice(0, near) + text.slice(near, found.index).replace(LEADS_TO_ADDRESS, '');
  const after = text.slice(found.index + email.length).replace(/^[>)]/, '');
  return { text: `${before}${after}`, email };
}

function withoutAfterthoughts(product: string): string {
  const shorter = product.replace(AFTERTHOUGHT, '').trim();
  return shorter === product ? product : withoutAfterthoughts(shorter);
}

const capitalised = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
