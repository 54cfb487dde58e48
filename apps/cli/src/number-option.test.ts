import { expect, it } from '@jest/globals';
import { numberFrom } from './number-option.ts';

it('takes numbers within the bounds', () => {
  expect(numberFrom(0.1, 10)('2.5')).toBe(2.5);
  expect(numberFrom(1, 10, true)('10')).toBe(10);
});

it.each(['', ' ', 'x', '0', '11', '1.5', 'NaN', 'Infinity', '1e400'])('refuses %j', (value) => {
  expect(() => numberFrom(1, 10, true)(value)).toThrow('a whole number from 1 to 10.');
});
