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

  it('count also when they joined another server, as long as that says so', () => {
    let now = 0;
    const brokers = createBrokerRegistry(() => now);
    brokers.hear('other', ['spare'], 1000);
    expect([brokers.connected(), brokers.own()]).toEqual([['spare'], []]);
    now = 999;
    brokers.prolong(1000);
    now = 1998;
    expect(brokers.connected()).toEqual(['spare']);
    now = 1999;
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

  it('count again with their next heartbeat when the end of a lost stream was noticed after they registered', () => {
    const brokers = createBrokerRegistry();
    let changes = 0;
    brokers.register('one', 'broker');
    brokers.setConnected('one', true);
    brokers.register('one', 'broker');
    brokers.setConnected('one', false);
    brokers.setConnected('one', true);
    brokers.onChange(() => {
      changes += 1;
    });
    brokers.register('one', 'broker');
    expect([brokers.connected(), changes]).toEqual([['broker'], 1]);
    brokers.register('one', 'broker');
    expect([brokers.connected(), changes]).toEqual([['broker'], 1]);
    brokers.setConnected('one', false);
    expect([brokers.connected(), changes]).toEqual([[], 2]);
  });

  it('are no more than there may be; those that never opened a stream take the place of nobody', () => {
    const brokers = createBrokerRegistry(undefined, 2);
    for (const id of ['one', 'two', 'three']) brokers.register(id, id);
    brokers.setConnected('two', true);
    brokers.setConnected('three', true);
    expect(brokers.connected()).toEqual(['two', 'three']);
    const full = expect.objectContaining({ code: 'too_many_members' });
    expect(() => brokers.register('four', 'four')).toThrow(full);
    brokers.register('two', 'two');
    brokers.unregister('two');
    brokers.register('four', 'four');
  });
});
