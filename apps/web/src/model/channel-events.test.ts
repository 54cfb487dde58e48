import { describe, expect, it } from '@jest/globals';
import { type ChannelName, newId } from '@parley/shared-models';
import { type ChannelRecord, KEPT_EVENTS, withEvents } from './channel-events.ts';

const record = (second: number, channel: ChannelName = 'human', id: string = newId()): ChannelRecord => ({
  channel,
  event: {
    id,
    type: 'tick',
    payload: second,
    source: { kind: 'user', id: 'ada', name: 'Ada' },
    at: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(),
  },
});
const payloads = (records: readonly ChannelRecord[]) => records.map(({ event }) => event.payload);

describe('the events of the channels', () => {
  it('stand in the order of their time, however they come', () => {
    const known = withEvents([], [record(2)]);
    expect(payloads(withEvents(known, [record(3), record(1)]))).toEqual([1, 2, 3]);
  });

  it('are kept once on each channel, and nothing changes when all are known', () => {
    const id = newId();
    const known = withEvents([], [record(1, 'human', id), record(1, 'human', id), record(1, 'agents', id)]);
    expect(known.map(({ channel }) => channel)).toEqual(['human', 'agents']);
    expect(withEvents(known, [record(1, 'human', id)])).toBe(known);
  });

  it('are not kept without end: the oldest fall out', () => {
    const all = Array.from({ length: KEPT_EVENTS + 10 }, (_, second) => record(second));
    const kept = withEvents([], all);
    expect(kept).toHaveLength(KEPT_EVENTS);
    expect(kept[0]?.event.payload).toBe(10);
  });
});
