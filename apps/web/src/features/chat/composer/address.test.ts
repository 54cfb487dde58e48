import { describe, expect, it } from '@jest/globals';
import { addressTo } from './address.ts';

const names = ['HR', 'Finance'];

describe('addressTo', () => {
  it('puts the agent in front of what is written', () => {
    expect(addressTo('', 'HR', names)).toBe('@HR ');
    expect(addressTo('what is left?', 'HR', names)).toBe('@HR what is left?');
  });

  it('replaces the agent that the text was addressed to, and no other', () => {
    expect(addressTo('@Finance what is left?', 'HR', names)).toBe('@HR what is left?');
    expect(addressTo('ask @Finance too', 'HR', names)).toBe('@HR ask @Finance too');
  });
});
