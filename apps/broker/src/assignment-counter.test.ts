import { describe, expect, it } from '@jest/globals';
import { agent, mapOf } from '../testing/messages.ts';
import { createAssignmentCounter } from './start-broker.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

describe('the count of assignments', () => {
  it('is that of the messages that each agent was given', () => {
    const counter = createAssignmentCounter();
    counter.update(mapOf(agent('a'), agent('b')));
    counter.add('a');
    counter.add('a');
    counter.add('b');
    expect([counter.of('a'), counter.of('b'), counter.of('c')]).toEqual([2, 1, 0]);
  });

  it('ends for an agent that has said its load since, and only for that', () => {
    const counter = createAssignmentCounter();
    counter.update(mapOf(agent('a', { lastSeen: at(1) }), agent('b', { lastSeen: at(1) })));
    counter.add('a');
    counter.add('b');
    counter.update(mapOf(agent('a', { lastSeen: at(2) }), agent('b', { lastSeen: at(1) })));
    expect([counter.of('a'), counter.of('b')]).toEqual([0, 1]);
    counter.add('a');
    counter.update(mapOf(agent('a', { lastSeen: at(2) }), agent('b', { lastSeen: at(2) })));
    expect([counter.of('a'), counter.of('b')]).toEqual([1, 0]);
  });

  it('ends for an agent that is gone', () => {
    const counter = createAssignmentCounter();
    counter.update(mapOf(agent('a')));
    counter.add('a');
    counter.update(mapOf());
    expect(counter.of('a')).toBe(0);
  });
});
