import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { payloadText } from './payload-text.ts';

describe('a payload in a line', () => {
  it('names what people understand, and leaves out ids', () => {
    const payload = {
      orderId: newId(),
      product: 'Laptop',
      quantity: 1,
      customer: { id: 'ada', name: 'Ada' },
    };
    expect(payloadText(payload)).toBe('product Laptop · quantity 1 · customer Ada');
  });

  it('is what it is when it is no object, and counts what is a list', () => {
    expect([
      payloadText('done'),
      payloadText(null),
      payloadText([1, 2]),
      payloadText({ a: [1], b: null }),
    ]).toEqual(['done', '', '2 entries', '']);
  });

  it('never grows long', () => {
    const payload = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`field${n}`, 'x'.repeat(500)]));
    expect(payloadText(payload).length).toBeLessThan(400);
  });
});
