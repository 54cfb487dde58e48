import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseOrder } from './parse-order.ts';

describe('an order in a sentence', () => {
  it.each([
    ['order 1 laptop', 1, 'Laptop'],
    ["I'd like to order 2 keyboards, please", 2, 'Keyboards'],
    ['Order a laptop', 1, 'Laptop'],
    ['please buy three office chairs for me', 3, 'Office chairs'],
    ['Can you order me a USB-C cable?', 1, 'USB-C cable'],
    ['purchase 10 x A4 paper', 10, 'A4 paper'],
    ['order laptop', 1, 'Laptop'],
    ['Bestelle zwei Monitore bitte', 2, 'Monitore'],
    ['ORDER 5 PIECES OF CHALK', 5, 'CHALK'],
  ])('%s', (text, quantity, product) => {
    expect(parseOrder(text)).toEqual({ product, quantity });
  });

  it.each([
    ['order 1 laptop, mail to ada@example.com', 1, 'Laptop'],
    ['order 2 chairs and send the mail to <ada@example.com>', 2, 'Chairs'],
    ['order a mail box for ada@example.com please', 1, 'Mail box'],
    ['Order 1 laptop. My mail address is ada@example.com', 1, 'Laptop'],
    ['Bestelle zwei Monitore, Mail an ada@example.com', 2, 'Monitore'],
    ['mail to ada@example.com: order 3 lamps', 3, 'Lamps'],
  ])('with the address for the mail: %s', (text, quantity, product) => {
    expect(parseOrder(text)).toEqual({ product, quantity, email: 'ada@example.com' });
  });

  it('keeps text that only looks like an address', () => {
    expect(parseOrder('order 1 laptop @home')).toEqual({ product: 'Laptop @home', quantity: 1 });
  });

  it.each([
    'What is the order status?',
    'Where is my order?',
    'my order has not arrived',
    'order 0 laptops',
    'order 99999999 laptops',
    'hello',
    'in order to live',
    '',
  ])('is not: %s', (text) => {
    expect(parseOrder(text)).toBeUndefined();
  });

  it('never takes long or throws, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const order = parseOrder(`order ${text}`);
        expect(order === undefined || order.quantity >= 1).toBe(true);
      }),
    );
  });
});
