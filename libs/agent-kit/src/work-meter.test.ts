import { describe, expect, it } from '@jest/globals';
import { AgentMetrics } from '@parley/shared-models';
import { createWorkMeter } from './work-meter.ts';

describe('the work meter', () => {
  it('has nothing to say at first', () => {
    const meter = createWorkMeter(() => 4);
    expect(meter.load()).toBe(0);
    expect(meter.metrics()).toEqual({ handled: 0, failed: 0, meanHandleMs: 0 });
  });

  it('says what is in hand as a share of what can be', () => {
    const meter = createWorkMeter(() => 4);
    const ends = [meter.begin(), meter.begin(), meter.begin()];
    expect(meter.load()).toBe(0.75);
    for (const end of ends) end(true);
    expect(meter.load()).toBe(0);
  });

  it('counts what succeeded and what failed', () => {
    const meter = createWorkMeter(() => 1);
    meter.begin()(true);
    meter.begin()(true);
    meter.begin()(false);
    expect(meter.metrics()).toMatchObject({ handled: 2, failed: 1 });
  });

  it('says a mean that heartbeats can carry', () => {
    const meter = createWorkMeter(() => 1);
    for (let count = 0; count < 250; count++) meter.begin()(true);
    expect(AgentMetrics.parse(meter.metrics())).toMatchObject({ handled: 250 });
    expect(meter.metrics().meanHandleMs).toBeGreaterThan(0);
  });
});
