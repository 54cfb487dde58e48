import { describe, expect, it } from '@jest/globals';
import { agent, mapOf } from '../testing/messages.ts';
import { createAbsenceClock } from './start-broker.ts';

function fixture() {
  const clock = { now: 1000 };
  return { clock, absences: createAbsenceClock(() => clock.now) };
}

describe('the clock of absences', () => {
  it('runs from the moment at which an agent is seen to be offline', () => {
    const { clock, absences } = fixture();
    absences.update(mapOf(agent('a')));
    clock.now += 5000;
    expect(absences.of('a')).toBe(0);
    absences.update(mapOf(agent('a', { state: 'offline', lastSeen: '2001-01-01T00:00:00.000Z' })));
    clock.now += 700;
    absences.update(mapOf(agent('a', { state: 'offline' })));
    clock.now += 300;
    expect(absences.of('a')).toBe(1000);
  });

  it('begins anew when the agent was back', () => {
    const { clock, absences } = fixture();
    absences.update(mapOf(agent('a')));
    absences.update(mapOf(agent('a', { state: 'offline' })));
    clock.now += 5000;
    absences.update(mapOf(agent('a', { state: 'paused' })));
    expect(absences.of('a')).toBe(0);
    absences.update(mapOf(agent('a', { state: 'offline' })));
    expect(absences.of('a')).toBe(0);
  });

  it('asks the server for the agents that were offline before this process started', () => {
    const { absences } = fixture();
    const minuteAgo = new Date(Date.now() - 60_000).toISOString();
    absences.update(mapOf(agent('a', { state: 'offline', lastSeen: minuteAgo })));
    expect(absences.of('a')).toBeGreaterThanOrEqual(60_000);
  });

  it('takes nobody for longer gone than possible when the server lives in the future', () => {
    const { absences } = fixture();
    absences.update(mapOf(agent('a', { state: 'offline', lastSeen: '2999-01-01T00:00:00.000Z' })));
    expect(absences.of('a')).toBe(0);
  });

  it('knows nothing of those that are gone for good', () => {
    const { absences } = fixture();
    absences.update(mapOf(agent('a', { state: 'offline', lastSeen: '2001-01-01T00:00:00.000Z' })));
    absences.update(mapOf());
    expect(absences.of('a')).toBe(0);
  });
});
