import { describe, expect, it } from '@jest/globals';
import { createBrokerRegistry } from './broker-registry.ts';

describe('the brokers of a server', () => {
  it('count as there while their status stream is open', () => {
    const brokers = createBrokerRegistry();
    brokers.register('one', 'broker');
    expect(brokers.connected()).toEqual([]);
    brokers.setConnected('one', true);
    expect(brokers.connected()).toEqual(['broker']);
    brokers.setConnected('one', false);
    expect(brokers.connected()).toEqual([]);
  });

  it('stay when the end of a lost stream is noticed after the next one was opened', () => {
    const brokers = createBrokerRegistry();
    brokers.register('one', 'broker');
    brokers.setConnected('one', true);
    brokers.register('one', 'broker');
    brokers.setConnected('one', true);
    brokers.setConnected('one', false);
    brokers.register('one', 'broker');
    expect(brokers.connected()).toEqual(['broker']);
  });
});
