import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromScaled, NUMBER, parseDecimal, toScaled } from './decimal.ts';

describe('a number as people write it', () => {
  it.each([
    ['300', '300'],
    ['1,500', '1500'],
    ['1.500', '1500'],
    ['1,500.50', '1500.5'],
    ['1.500,50', '1500.5'],
    ["1'234'567.89", '1234567.89'],
    ['1 500,00', '1500'],
    ['1\u202f500', '1500'],
    ['12.5', '12.5'],
    ['12,5', '12.5'],
    ['0.125', '0.125'],
    ['10k', '10000'],
    ['1.5k', '1500'],
    ['1.500k', '1500'],
    ['007', '7'],
    ['1,000,000', '1000000'],
  ])('reads %s as %s', (literal, decimal) => {
    expect(parseDecimal(literal)).toBe(decimal);
  });

  it('reads a single mark of a distance as the decimal point', () => {
    expect(parseDecimal('42.195', 'decimals')).toBe('42.195');
    expect(parseDecimal('42,195', 'decimals')).toBe('42.195');
  });

  it.each(['1.2.3', '1,50,000.5', '1,2,3', '12.34.567'])('makes nothing of %s', (literal) => {
    expect(parseDecimal(literal)).toBeUndefined();
  });

  it('is found in a text as a whole', () => {
    const found = (text: string) => [...text.matchAll(new RegExp(NUMBER, 'giu'))].map(([number]) => number);
    expect(found('1,500 and 12.50, then 10k steps on 3 days; v2, x1.5')).toEqual([
      '1,500',
      '12.50',
      '10k',
      '3',
    ]);
    expect(found('In 2026 300')).toEqual(['2026', '300']);
  });

  it('keeps its value in every way of writing it', () => {
    const styles = [
      [',', '.'],
      ['.', ','],
      [' ', ','],
      ["'", '.'],
      ['\u00a0', ','],
    ] as const;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 ** 12 - 1 }),
        fc.integer({ min: 0, max: 99 }),
        fc.constantFrom(...styles),
        (whole, cents, [group, point]) => {
          const grouped = String(whole).replace(/\B(?=(\d{3})+$)/g, group);
          const literal = `${grouped}${point}${String(cents).padStart(2, '0')}`;
          const decimal = parseDecimal(literal);
          expect(decimal === undefined ? undefined : toScaled(decimal, 2)).toBe(whole * 100 + cents);
          expect(literal.match(new RegExp(NUMBER, 'iu'))?.[0]).toBe(literal);
        },
      ),
    );
  });
});

describe('a scaled number', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 4 }), (scaled, places) => {
        expect(toScaled(fromScaled(scaled, places), places)).toBe(scaled);
      }),
    );
  });

  it('is refused rather than rounded', () => {
    expect(toScaled('0.005', 2)).toBeUndefined();
    expect(toScaled('12.5', 0)).toBeUndefined();
    expect(toScaled('12.50', 1)).toBe(125);
    expect(toScaled('99999999999999999', 2)).toBeUndefined();
  });

  it('has a sign', () => {
    expect(fromScaled(-5, 2)).toBe('-0.05');
    expect(fromScaled(-1250, 2)).toBe('-12.50');
  });
});
