import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findMoney, formatMoney, toMinor } from './money.ts';

const amounts = (text: string) =>
  findMoney(text).map(({ amount, currency, isNegative }) => `${isNegative ? '-' : ''}${amount}${currency}`);

describe('money in a text', () => {
  it.each([
    ['My budget is 1,500 €', ['1500EUR']],
    ['My budget is €1,500.', ['1500EUR']],
    ['Mein Budget ist 1.500,00 Euro', ['1500EUR']],
    ['I spent 300 on a laptop bag', ['300']],
    ['$12.50 for lunch and $3 for coffee', ['12.5USD', '3USD']],
    ['20 dollars, 15 pounds, CHF 7, 5 francs, 900 yen', ['20USD', '15GBP', '7CHF', '5CHF', '900JPY']],
    ['a budget of 2k', ['2000']],
    ['US$ 40', ['40USD']],
    ['-50 € was it', ['-50EUR']],
    ['I spent €-5', ['-5EUR']],
    ['300-400 €', ['300', '400EUR']],
  ])('is found: %s', (text, found) => {
    expect(amounts(text)).toEqual(found);
  });

  it.each([
    'I take 5 days off',
    'The tax is 19%',
    'on 3 May',
    'on 3. May',
    'on May 3',
    'What was it in 2026?',
    '10 km and 5kg',
    'at 10:30',
    'for 4 people',
    'our 2nd order, no. 77',
    'R2D2',
    'chapter 4',
    'I bought 2 laptops and 3 coffees',
    '1.2.3',
  ])('is not seen in: %s', (text) => {
    expect(findMoney(text)).toEqual([]);
  });

  it('stands where it says', () => {
    const text = 'I spent 300 € on a bag';
    const [money] = findMoney(text);
    expect(text.slice(money?.start, money?.end)).toBe('300 €');
  });

  it('does not stumble over any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('1', '0', '.', ',', ' ', '€', '$', '-', 'k', 'EUR', '\u202f', 'a')),
        (parts) => {
          for (const { amount } of findMoney(parts.join(''))) expect(amount).toMatch(/^\d+(\.\d+)?$/);
        },
      ),
    );
  });
});

describe('an amount of money', () => {
  it.each([
    [120_000, 'EUR', '1,200 €'],
    [120_050, 'EUR', '1,200.50 €'],
    [-5, 'USD', '-$0.05'],
    [1_500, 'JPY', '1,500 JPY'],
    [70_000, '', '700'],
    [123_456_789, 'GBP', '£1,234,567.89'],
    [700, 'CHF', '7 CHF'],
  ])('of %i %s is written %s', (minor, currency, text) => {
    expect(formatMoney(minor, currency)).toBe(text);
  });

  it('is never rounded to what can be paid', () => {
    expect(toMinor('12.345', 'EUR')).toBeUndefined();
    expect(toMinor('12.5', 'JPY')).toBeUndefined();
    expect(toMinor('0.1', 'EUR')).toBe(10);
  });

  it('is read again as it was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 12 - 1 }),
        fc.constantFrom('EUR', 'USD', 'GBP', 'CHF', 'JPY'),
        (minor, currency) => {
          const [found, ...others] = findMoney(`It was ${formatMoney(minor, currency)} in all`);
          expect(others).toEqual([]);
          expect(found?.currency).toBe(currency);
          expect(toMinor(found?.amount ?? '', currency)).toBe(minor);
        },
      ),
    );
  });
});
